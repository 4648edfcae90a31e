"""The broker may read how large packs are: whether so much can have been copied."""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Sizes say nothing of anybody."""
    op.execute("GRANT SELECT ON packs TO segel_broker")


def downgrade() -> None:
    """What a seller claims is not held against it any more."""
    op.execute("REVOKE SELECT ON packs FROM segel_broker")

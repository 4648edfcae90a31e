"""Which telling of patients a name belongs to: each takes the place of the one before, whole."""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody was told by a list yet."""
    op.execute(
        "ALTER TABLE leak_affected ADD COLUMN IF NOT EXISTS edition integer NOT NULL DEFAULT 0"
    )


def downgrade() -> None:
    """Nobody's page answers any more."""
    op.execute("DELETE FROM leak_affected")
    op.execute("ALTER TABLE leak_affected DROP COLUMN edition")

"""Indexes for what is looked for at every start, so that nobody reads millions of patients."""

from alembic import op

from segel.store.schema import patients

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ADDED = ("patients_by_label", "patients_of_older_index")


def upgrade() -> None:
    """Add what is missing: the first migration makes a new archive from today's tables."""
    for index in patients.indexes:
        if index.name in ADDED:
            index.create(op.get_bind(), checkfirst=True)


def downgrade() -> None:
    """Without them it is slower, and not wrong."""
    for name in ADDED:
        op.drop_index(name)

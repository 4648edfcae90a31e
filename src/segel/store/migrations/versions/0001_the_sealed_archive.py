"""The sealed archive: every table, its partitions, and what each process' role may do."""

from alembic import op
from sqlalchemy import text

from segel.store.schema import GRANTS, PARTITIONED, PARTITIONS, metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything."""
    connection = op.get_bind()
    metadata.create_all(connection)
    for table in PARTITIONED:
        for remainder in range(PARTITIONS):
            connection.execute(
                text(
                    f"CREATE TABLE {table.name}_{remainder:02d} PARTITION OF {table.name}"
                    f" FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {remainder})"
                )
            )
    for role, grants in GRANTS.items():
        connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {role}"))
        for privileges, tables in grants.items():
            for table in tables:
                connection.execute(text(f"GRANT {privileges} ON {table.name} TO {role}"))


def downgrade() -> None:
    """There is no way back from the first migration: an archive is not emptied by a command."""
    raise RuntimeError("the first migration cannot be undone")

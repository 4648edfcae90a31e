"""Ways in: invitations, identities at OpenID providers, clients, and what is good for one use."""

from alembic import op
from sqlalchemy import text

from segel.store.schema import clients, identities, invitations, used_once

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NEW = (invitations, identities, clients, used_once)


def upgrade() -> None:
    """Add what is missing: the first migration makes a new archive from today's tables."""
    connection = op.get_bind()
    for table in NEW:
        table.create(connection, checkfirst=True)
        connection.execute(
            text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table.name} TO segel_broker")
        )
    for statement in (
        "ALTER TABLE sessions ADD COLUMN IF NOT EXISTS sealed_use bytea",
        "COMMENT ON COLUMN sessions.sealed_use IS 'When it was last used, coarse.'",
        "CREATE INDEX IF NOT EXISTS sessions_by_account ON sessions (account_id)",
        "CREATE INDEX IF NOT EXISTS passkeys_by_account ON passkeys (account_id)",
    ):
        connection.execute(text(statement))


def downgrade() -> None:
    """There is no way back: whoever came in by these ways could not any more."""
    raise RuntimeError("this migration cannot be undone")

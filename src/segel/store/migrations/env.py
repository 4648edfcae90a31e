"""Alembic's environment: the connection comes from ``segel.store.migrate``."""

from alembic import context

from segel.store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()

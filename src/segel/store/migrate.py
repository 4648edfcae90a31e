"""Bring a database's schema up to date. Safe to run at every start, and by several at once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

_LOCK: Final = 0x5E6E1
"""Advisory lock of whoever migrates."""


def migrate(dsn: str, role_passwords: Mapping[str, str]) -> None:
    """Replay what is missing, as the owner whose libpq DSN is ``dsn``.

    ``role_passwords`` names the roles that must exist by then. Raises psycopg.Error,
    sqlalchemy.exc.SQLAlchemyError; then nothing was changed.
    """
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(dsn), poolclass=NullPool
    )
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        known = set(connection.scalars(text("SELECT rolname FROM pg_roles")))
        assert set(role_passwords) <= known, "the roles are made before the schema"
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

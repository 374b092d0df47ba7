"""Bring a database up to the present schema: a new one at once, an older one by Alembic, which is imported only then."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from digest.errors import StoreError
from digest.store.sqlite import AnyConnection, driver

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["HEAD", "create", "migrate", "revision"]

HEAD = "0006"
"""The newest migration below migrations/versions/."""


def create(connection: AnyConnection) -> None:
    """Give an empty database the schema that all migrations together make, inside the connection's transaction.

    One that holds anything stays as it is.
    """
    plain = driver(connection)
    if plain.execute("SELECT 1 FROM sqlite_master").fetchone() is None:
        for statement in Path(__file__).with_name("schema.sql").read_text("utf-8").split(";\n\n"):
            plain.execute(statement)


def migrate(connection: Connection) -> None:
    """Run the migrations that the database lacks, inside the connection's transaction.

    Raises:
        StoreError: the database was written by a newer version.
    """
    present = revision(connection)
    if present == HEAD:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        command.upgrade(config, "head")
    except CommandError:
        raise StoreError(
            "the database", f"it was written by a newer version (schema {present})", "Use that version, or restore a backup."
        ) from None


def revision(connection: AnyConnection) -> str | None:
    """The database's schema, None for an empty one."""
    plain = driver(connection)
    if plain.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone() is None:
        return None
    row = plain.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])

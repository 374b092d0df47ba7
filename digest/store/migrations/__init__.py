"""Alembic's folder: one file a migration below versions/, never edited once it has landed."""

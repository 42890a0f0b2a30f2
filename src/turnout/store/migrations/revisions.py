"""Which revision this program expects, known without importing Alembic."""

from importlib.resources import files

HEAD = max(
    path.name.partition("_")[0]
    for path in files("turnout.store.migrations.versions").iterdir()
    if path.name[:4].isdigit()
)
"""Revisions are numbered `0001`, `0002`, …; the file name begins with the number."""

"""Alembic's entry: it hands every revision the connection that `migrate` opened, and says after
each how far the migration is."""

from typing import Any

from alembic import context
from alembic.runtime.migration import MigrationInfo

attributes = context.config.attributes
attributes["done"] = 0


def tell_applied(*, step: MigrationInfo, **_facts: Any) -> None:
    """Count a revision that was applied."""
    attributes["done"] += 1
    attributes["progress"](f"schema {step.up_revision_id}", attributes["done"], attributes["steps"])


context.configure(
    connection=attributes["connection"],
    transaction_per_migration=False,
    on_version_apply=tell_applied,  # type: ignore[arg-type]  # called with keywords
)
with context.begin_transaction():
    context.run_migrations()

"""Run migrations on the connection of `labelpulse.warehouse.versions.upgrade`, which is locked."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()

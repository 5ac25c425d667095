"""Alembic's entry: always runs on a connection that the caller has already locked."""

from alembic import context

from labelpulse.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()

"""Run the migrations on the connection that `compliance.store.migrate` passes, in its transaction."""

from alembic import context

from compliance.store import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.CRIME.metadata,
    transactional_ddl=True,
    render_as_batch=True,  # SQLite changes a table by copying it
)
with context.begin_transaction():
    context.run_migrations()

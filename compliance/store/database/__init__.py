"""The database itself: both kinds, connections, schema, copies, size."""

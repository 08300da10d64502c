"""The JSON API: a table of resources for programs, behind the same restriction and audit log as the pages."""

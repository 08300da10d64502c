"""The JSON API: a table of resources for programs, behind the same restriction and access log as the pages."""

"""Judge records without a database: `evaluate`, `whatif` on files, and the worked examples."""

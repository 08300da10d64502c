"""Records in, verdicts out, without a database: `evaluate` and the worked examples."""

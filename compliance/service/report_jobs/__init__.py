"""Reports as jobs: which are owed, released by a person or held, published and told."""

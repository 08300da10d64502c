"""One room at a time, no network and no files beyond the rules."""

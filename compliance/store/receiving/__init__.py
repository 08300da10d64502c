"""What comes from feeds: records in every version, the directory, and what is refused or unknown."""

"""Published reports: made, stored with what they were made from, and read back."""

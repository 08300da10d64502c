"""What a force sees: the commands and what they leave behind."""

"""What is outstanding now, listed and counted for pages and reminders."""

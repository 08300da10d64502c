"""What is asked of the records beside their rates: data quality, duplicates, patterns, the effect of reminders."""

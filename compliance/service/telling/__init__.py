"""Who is told what beside reminders and reports, and when reminders are planned again."""

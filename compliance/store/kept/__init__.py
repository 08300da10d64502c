"""What people and jobs leave behind: disputes, dip samples, returns, surveys, incidents, tasks, sessions."""

"""The periods that a report covers, and when each is settled (statistics 1.2)."""

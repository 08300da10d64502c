"""What the running service notes of itself: its log, how jobs ended, how far long work is."""

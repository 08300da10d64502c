"""What a report says, as data: figures, findings, claims, and the words for numbers. Nothing is counted here."""

"""What every form of a report is built of: parts, cells and charts (decision 0032)."""

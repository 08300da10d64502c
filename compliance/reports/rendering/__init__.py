"""The forms of a report: HTML, PDF, XLSX, CSV, JSON, email, and pages in its place."""

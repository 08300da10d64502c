"""From records to obligations and rates: which records, judged as at when, and what is counted of the verdicts."""

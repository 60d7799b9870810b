"""What meters saw: readings, imbalances against the schedule, and demand response against a baseline."""

"""What the service remembers: requests, answers, statements, and what is still to be posted."""

"""Market sessions: gates, orders, clearing, results and settlement, kept as a log of what happened."""

"""Clearing: the search for the best schedule where one solve of one programme is not enough."""

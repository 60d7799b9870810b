"""Warm processes that solve, one case at a time each, and that can always be stopped."""

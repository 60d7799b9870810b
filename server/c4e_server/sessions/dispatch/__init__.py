"""Dispatch sessions: sites that are dispatched again and again, from what they measure and expect."""

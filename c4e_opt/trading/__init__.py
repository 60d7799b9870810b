"""Continuous, community and bilateral trading: functions over columns, beside the auction that `solve` clears."""

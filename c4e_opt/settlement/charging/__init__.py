"""Charging sessions of vehicles: hold, bill, reward."""

"""Migrations: every change of the tables since the first release, in order."""

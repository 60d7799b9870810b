"""The dispatch benchmark: its problems, and one file per tool that solves them."""

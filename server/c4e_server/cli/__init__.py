"""The command line: `c4e-opt`."""

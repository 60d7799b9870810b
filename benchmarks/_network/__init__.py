"""The network benchmark: one file per tool that takes a MATPOWER file to nodal prices."""

"""The service around the library: wire, jobs, ledgers and the command line."""

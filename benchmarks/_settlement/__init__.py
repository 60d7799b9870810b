"""What the settlement benchmark measures, one process each."""

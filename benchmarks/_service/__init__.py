"""What the benchmark of the service runs in processes of its own."""

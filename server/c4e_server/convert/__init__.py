"""Messages to the domain and back; the only room that knows both."""

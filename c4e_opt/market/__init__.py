"""The order book and the kinds of order, as columns from the wire to the result."""

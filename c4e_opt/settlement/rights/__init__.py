"""Financial transmission rights, paid out of the rents of the network."""

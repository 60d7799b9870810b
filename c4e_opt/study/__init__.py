"""Studies: what takes many solves of a case, or asks another question of it than how to run it."""

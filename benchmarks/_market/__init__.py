"""The market benchmark: books made by rule and seed, published days, a community, and one file per tool."""

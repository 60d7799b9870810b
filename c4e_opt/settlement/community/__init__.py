"""What members of a community share: keys, rules with votes, and netting against suppliers."""

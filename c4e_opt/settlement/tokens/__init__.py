"""Energy tokens: minted, transferred, used, decayed."""

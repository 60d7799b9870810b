"""Pricing rules, one file each."""

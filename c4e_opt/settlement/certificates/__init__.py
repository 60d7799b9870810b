"""Certificates of origin: issued, transferred, stored, matched with consumption."""

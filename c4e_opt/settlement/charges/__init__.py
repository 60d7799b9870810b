"""What is charged besides energy: fees, caps and taxes by a versioned tariff."""

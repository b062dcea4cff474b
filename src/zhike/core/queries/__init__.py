"""What the core can be asked."""

"""Backups: taken while people work, restored only whole, and proven by restoring them."""

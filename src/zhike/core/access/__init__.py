"""Who may do what, and as whom the database sees them."""

"""What people enter on the loyalty screens, as typed values."""

"""What changes the insight room."""

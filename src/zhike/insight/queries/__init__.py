"""What is read of the insight room."""

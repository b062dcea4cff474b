"""Plain rows for tests: predictable, no random data, written as the owner."""

"""What the core lets people and jobs do."""

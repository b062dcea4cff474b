"""What runs on one machine: the embedded database, its roles, the processes and their health."""

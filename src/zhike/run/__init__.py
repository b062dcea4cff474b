"""What runs on one machine: the data folders, PostgreSQL, its roles, and the processes.

Owns no table and knows no customer. Nothing here imports a room; Django is reached only by starting it.
"""

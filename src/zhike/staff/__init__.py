"""People and places: units and outlets, posts, staff and the roles they hold, acting-for, signing in.

Owns who works here and what they may do. Does not own customers or their portfolios (customers).
"""

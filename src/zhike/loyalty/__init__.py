"""The governed loyalty index: indicators in use, schemes, evaluation runs, tiers and what is done about them.

Owns how loyalty is measured and what was found. Does not own the computation (analytics) nor the facts.
"""

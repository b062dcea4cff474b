"""The customer file: who the bank's customers are, how they relate, and who looks after them.

Owns parties, relations and portfolios (管户). Does not own what customers hold or did (facts) nor what is
concluded from it (insight, loyalty).
"""

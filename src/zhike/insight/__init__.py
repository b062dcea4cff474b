"""What is known of customers together: their portrait, and the segments people make of it.

Owns the portrait as a table of one row a customer, the fields rules may use, segments, and who was in them when. Does
not own what it is made of: facts, the customer file, and what rooms above hand up.
"""

"""The API for programs: what pages show, as JSON, under the rights of the person whose token asks.

Owns the tokens, the answers to keyed writes and the form of every answer. Owns no data of the bank: it reads
the rooms below and starts what they offer.
"""

"""The facts: what the bank's systems say happened.

Owns products, accounts, balances, transactions and events; the import of extracts and the lake.
Does not own the customer file (customers) and draws no conclusions (insight, loyalty).
"""

"""Reading a bank's extracts into the nine canonical tables.

Owns: the mapping language, the guards around foreign files, the checks of every row, reconciliation.
Does not own: the load into PostgreSQL and the lake, which consume a `Reading`. Imports no Django.
"""

"""Field encryption: an envelope of data keys, and blind indexes for exact search.

`seal` and `unseal` turn one value into ciphertext and back; where a value stands (table, column, row) is
bound into it, so a ciphertext moved, swapped or altered is refused. `blind` gives the index value under which
an exact search finds it. Which columns are sealed stands in `register`, by which algorithms in `ciphers`.
"""

from zhike.core.keys.blind import blind, fingerprint
from zhike.core.keys.envelope import TamperedValue, ensure_keys, forget, seal, sealer, unseal

__all__ = ["TamperedValue", "blind", "ensure_keys", "fingerprint", "forget", "seal", "sealer", "unseal"]

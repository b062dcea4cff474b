"""天华银行: a made-up bank, the same in every byte for the same seed, size and business date.

Owns the cast, the generator, the bank's own extract files and its lake form for benchmarks.
Knows nothing of Django; reads no clock and no random source but its own draws.
"""

MAPPING = "tianhua"
"""Which mapping its extracts are read by; an installation with its people loads no other."""

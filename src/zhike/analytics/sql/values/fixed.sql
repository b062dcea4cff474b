-- From the low bound (0) to the high bound (100), straight and clipped (formula E.6 a).
100e0 * LEAST(GREATEST((r.{c}_raw - g.{c}_low) / CAST(g.{c}_high - g.{c}_low AS DOUBLE), 0e0), 1e0)

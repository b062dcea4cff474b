-- Middle rank among the peers, ties sharing it, clipped at both tails (formulas E.5, E.6 b).
LEAST(GREATEST(100e0 * CAST(r.{c}_rank AS DOUBLE) / CAST(2 * g.{c}_count AS DOUBLE), g.{c}_low), g.{c}_high)

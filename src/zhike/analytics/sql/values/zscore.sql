-- Share of a normal population below, with the peers' mean and deviation (formula E.6 c).
100e0 * {c}_normal.share

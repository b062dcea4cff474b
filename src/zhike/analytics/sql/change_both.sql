p.{c}_raw AS {c}_previous_raw,
c.{c}_raw AS {c}_raw,
p.{c}_state AS {c}_previous_state,
c.{c}_state AS {c}_state,
c.{c}_contribution - p.{c}_contribution AS {c}_change

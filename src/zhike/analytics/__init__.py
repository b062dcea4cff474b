"""Pure computation: what a bank's facts say about its customers, on one machine or on many.

Free of Django and of every other room. It reads views named and shaped like the lake
(`customers, products, accounts, balances, transactions, events`), and writes Parquet.

A loyalty evaluation, from the caller's side::

    from zhike.analytics import compare, engine, evaluate, scheme, scheme_problems

    with engine.DuckEngine(memory_limit="1GB", threads=2, temp_directory=folder) as duck:
        for name, columns in LAKE_COLUMNS.items():
            duck.view(name, parquet_paths[name], columns)      # no path yet: an empty view
        spec = scheme.preset("full")                           # or scheme.from_dict(...)
        scheme_problems.problems(spec)                         # () when it may be approved
        inputs = evaluate.prepare(duck, spec, as_of, batches=batch_names)   # -> RunInputs
        evaluate.coverage(duck, inputs)                        # -> Coverage, before a run
        summary = evaluate.evaluate(duck, inputs, out_path, previous="last")  # -> Summary
        evaluate.covered(duck, inputs)                         # the same coverage, nothing read again
        compare.compare(duck, out_path, previous_path, changes_path, least_points=5)  # -> Comparison

The result has one wide row a customer: `plan.result_columns(spec)`; states, movements and tiers are the
words of `sql/results.sql`. `compare.causes(points)` orders what moved one score; `evaluate.fingerprint`
hashes a result whatever the engine and file layout.

`RunInputs.to_json()` is what a run stores; `RunInputs.from_json(text)` with the same facts
gives the same rows bit for bit, because nothing is fitted again.

Modules, lowest first:

- `dialect`, `engine`: one SQL text, two engines; `sql/` holds the reviewed text.
- `survival`, `index`, `tiers`: the formulas as plain functions.
- `indicators`: the closed catalogue. `scheme`: which of them count, how much, and from where
  a customer is loyal; `presets/` holds two schemes as data.
- `quadrature`, `likelihood`: how the models of value are computed. `purchases`: what they rest on, grouped.
- `bgnbd`, `paretonbd`, `spend`, `worth`: how often customers without a contract still buy, for how much.
- `habits`, `backtest`: their pasts read from the facts, and a model held against what happened after them.
- `keeping`, `rfm`, `cohorts`: whom the bank keeps and loses, asset bands, RFM(P), retention triangles.
- `study`: a habit as of a day, by business type: fits, back-test, and what they say of each customer.
- `inputs`, `plan`, `evaluate`, `compare`: a run. `slices`: large results by column, for hashing and storing.
"""

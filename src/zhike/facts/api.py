"""What other rooms may use of the facts."""

from zhike.facts.queries.lake import OldTransaction, Snapshot, snapshot, snapshot_of, transactions_of

__all__ = ["OldTransaction", "Snapshot", "snapshot", "snapshot_of", "transactions_of"]

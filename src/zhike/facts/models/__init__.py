from zhike.facts.models.batches import ImportBatch, LakeFile
from zhike.facts.models.happenings import Event, Transaction
from zhike.facts.models.holdings import Account, Holding, Product
from zhike.facts.models.pushes import PushedEvent
from zhike.facts.models.uploads import Upload

__all__ = [
    "Account",
    "Event",
    "Holding",
    "ImportBatch",
    "LakeFile",
    "Product",
    "PushedEvent",
    "Transaction",
    "Upload",
]

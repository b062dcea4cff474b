"""What other rooms may use of insight."""

from zhike.insight.models import Portrait
from zhike.insight.operations.files import beside, copy_query
from zhike.insight.operations.portraits import REBUILT, ask_portrait, build_portrait
from zhike.insight.queries.portraits import current as current_portrait
from zhike.insight.queries.sources import FieldWords, Provided, Source, register_source

__all__ = [
    "REBUILT",
    "FieldWords",
    "Portrait",
    "Provided",
    "Source",
    "ask_portrait",
    "beside",
    "build_portrait",
    "copy_query",
    "current_portrait",
    "register_source",
]

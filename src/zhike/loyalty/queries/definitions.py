"""Whether a scheme and a run still mean what was approved: the definitions of their indicators (L-37, L-42).

A release computes one definition of an indicator, named by its version in the catalogue. A scheme keeps the
versions it was submitted with, and a run those it was computed with.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from zhike.loyalty.models import Run, Scheme
from zhike.loyalty.queries.sentences import indicator_label


def changed_since_approval(scheme: Scheme) -> list[str]:
    """Names of the indicators that this release defines otherwise than they were submitted and approved.

    Empty for a draft, which is frozen by nothing yet.
    """
    if not scheme.spec_hash:
        return []
    return _differing(scheme.indicator_versions, scheme.definition.indicator_versions)


def computed_otherwise(run: Run) -> list[str]:
    """Names of the indicators that a run was computed with in another definition than its scheme was approved with.

    None today: `start_run` refuses it. Earlier releases computed with what they had; the first of them kept the
    versions in a hash alone, so where that is another one, no definition is proven to be the same.
    """
    if not run.inputs:
        return []
    kept, approved = json.loads(run.inputs), run.scheme.indicator_versions
    if "indicator_versions" not in kept and kept["spec_sha256"] == run.scheme.spec_hash:
        return []
    return _differing(approved, kept.get("indicator_versions", {}))


def _differing(approved: Mapping[str, int], used: Mapping[str, int]) -> list[str]:
    """Names of what is not proven to be the same."""
    return [
        indicator_label(code)
        for code in dict.fromkeys((*used, *approved))
        if code not in approved or approved[code] != used.get(code)
    ]

"""Whether a scheme and a run still mean what was approved: the definitions of their indicators (L-37, L-42).

A release computes one definition of an indicator, named by its version in the catalogue. The hash that freezes a
scheme at its submission covers the versions of that day, so they are found again by it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import product

from zhike.analytics import scheme as analytics_scheme
from zhike.analytics.indicators import CATALOGUE
from zhike.analytics.scheme import SchemeSpec
from zhike.loyalty.models import Run, Scheme
from zhike.loyalty.queries.sentences import indicator_label


def changed_since_approval(scheme: Scheme) -> list[str]:
    """Names of the indicators that this release defines otherwise than they were submitted and approved.

    Empty for a draft, which is frozen by nothing yet.
    """
    spec = scheme.definition
    if not scheme.spec_hash or spec.sha256 == scheme.spec_hash:
        return []
    return _differing(spec, _versions(spec, scheme.spec_hash), spec.indicator_versions)


def computed_otherwise(run: Run) -> list[str]:
    """Names of the indicators that a run was computed with in another definition than its scheme was approved with.

    None today: `start_run` refuses it. Earlier releases computed with what they had.
    """
    if not run.inputs:
        return []
    kept = json.loads(run.inputs)
    if kept["spec_sha256"] == run.scheme.spec_hash:
        return []
    used = kept.get("indicator_versions") or _versions(
        analytics_scheme.from_dict(kept["spec"]), kept["spec_sha256"]
    )
    spec = run.scheme.definition
    return _differing(spec, _versions(spec, run.scheme.spec_hash), used)


def _versions(spec: SchemeSpec, frozen_hash: str) -> Mapping[str, int]:
    """The versions of its indicators under which a scheme has this hash; empty if there are none."""
    codes = [use.code for use in spec.indicators]
    for numbers in product(*(range(1, CATALOGUE[code].version + 1) for code in codes)):
        found = dict(zip(codes, numbers, strict=True))
        if spec.sha256_under(found) == frozen_hash:
            return found
    return {}


def _differing(spec: SchemeSpec, approved: Mapping[str, int], used: Mapping[str, int]) -> list[str]:
    """What is not proven to be the same differs."""
    return [
        indicator_label(use.code)
        for use in spec.indicators
        if use.code not in approved or approved[use.code] != used.get(use.code)
    ]

"""Why a Spark cannot be used, in the operator's words: what is missing, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zhike.run.words import marked, said

if TYPE_CHECKING:
    from zhike.analytics.spark import SparkUnusable

WORDS = {
    "SPARK_ADDRESS": marked(
        "%(address)s is no address of Spark. Write spark://HOST:PORT, sc://HOST:PORT, yarn, k8s://… or local[2]."
    ),
    "SPARK_NO_PACKAGE": marked("Spark is not installed beside zhike. Install it: make spark."),
    "SPARK_NO_CONNECT": marked(
        "For Spark Connect these packages are missing: %(packages)s. Install them: make spark."
    ),
    "SPARK_NO_JAVA": marked("Spark needs Java %(wanted)s or later. Install it, or name it in JAVA_HOME."),
    "SPARK_OLD_JAVA": marked(
        "Spark needs Java %(wanted)s or later, and found %(found)s. Install it, or name it in JAVA_HOME."
    ),
    "SPARK_NO_MASTER": marked("Nothing answers at %(address)s. Start Spark there, or correct the address."),
    "SPARK_NOT_OPENED": marked("Spark at %(address)s does not open a session: %(why)s"),
    "SPARK_OLD": marked(
        "Spark %(found)s is too old: version %(wanted)s or later computes the same, bit for bit."
    ),
    "SPARK_SETTING": marked(
        "Spark does not take %(setting)s=%(wanted)s, which equal results need: %(found)s"
    ),
    "SPARK_BITS": marked(
        "This Spark computes otherwise: %(expression)s gives %(found)s instead of %(expected)s."
    ),
    "SPARK_NO_WORKERS": marked(
        "Spark at %(address)s has had no free core for %(seconds)s seconds. Start workers, or end other work there."
    ),
    "SPARK_NOT_SHARED": marked(
        "Spark does not read and write in the same lake as this machine: %(folder)s. Put the lake where every "
        "worker and this machine find it under the same name. %(why)s"
    ),
}
"""Code of a SparkUnusable → its sentence."""


def why_not(error: SparkUnusable) -> str:
    """One sentence, and nothing was changed."""
    reason = said(WORDS[error.code], **error.details)
    return said("%(reason)s Nothing was changed.", reason=reason)

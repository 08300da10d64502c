"""Judge a Spark DataFrame of crime records on a cluster, by the same engine. Needs the optional extra `spark`.

The records are the fields of records section 1 as columns, with instants as timestamps (not without a time zone).
"""

from compliance.spark.spark_figures import figures
from compliance.spark.spark_verdicts import evaluate, not_judged

__all__ = ["evaluate", "figures", "not_judged"]

"""cluster: an EMR cluster for the steps inside the block, and for no longer."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from trainyard.catalog import CLUSTER
from trainyard.operators.cluster import EndClusterOperator
from trainyard.operators.job import JobOperator
from trainyard.requests.emr import cluster as cluster_request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow.sdk import XComArg

    from trainyard.operators.job import Ended
    from trainyard.spec import ModelSpec


@contextmanager
def cluster(spec: ModelSpec, source: XComArg) -> Iterator[XComArg | None]:
    """Start a cluster once there is something to read, and end it whatever happens to the steps inside.

    ``start_cluster`` and ``end_cluster`` both return ``cluster_id``. The cluster also ends by itself when it idles.
    A model whose Spark job runs on EMR Serverless needs no cluster: then the block has no tasks of its own.
    """
    if spec.spark.on == "emr-serverless":
        yield None
        return
    start: Any = JobOperator(
        task_id="start_cluster",
        kind=CLUSTER,
        spec=spec,
        inputs={"source": source},
        request=lambda job, _runtime: cluster_request(job),
        result=_started,
        time_limit=timedelta(minutes=30),
    ).as_setup()  # type: ignore[no-untyped-call]  # Airflow's is untyped
    end: Any = EndClusterOperator(task_id="end_cluster", cluster=start.output)
    with end.as_teardown(setups=start, on_failure_fail_dagrun=True):
        yield start.output


def _started(ended: Ended) -> dict[str, Any]:
    return {"cluster_id": ended.ref["ClusterId"]}

"""The work of ``crash_processing``, done by the stock operator: what it costs in calls, and whether it gets through."""

from __future__ import annotations

from airflow.providers.amazon.aws.operators.sagemaker import SageMakerProcessingOperator
from airflow.sdk import dag

from tests.crash_matrix.jobs import IMAGE, machines
from trainyard import steps

CONFIG = {
    "ProcessingJobName": "{{ run_id.replace('_', '-') }}",
    "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["sleep", "{{ params.seconds }}"]},
    "ProcessingResources": {"ClusterConfig": machines()},
    "RoleArn": "{{ var.json.trainyard.roles.processing }}",
}


@dag(schedule=None, params={"seconds": 15}, default_args={"retries": steps.DEFAULTS["retries"]}, max_active_runs=64)
def storm_stock() -> None:
    # Its defaults, but for looking every second, and for not giving up after sixty looks.
    SageMakerProcessingOperator(task_id="work", config=CONFIG, deferrable=True, check_interval=1, max_attempts=3600)


storm_stock()

"""Fixtures of the pure tests."""

import pytest

from tests.support import LocalAwsForTests, stack_of
from tests.unit.trainyard.aws_models import service
from trainyard.settings import Settings
from yard import environment


@pytest.fixture(scope="session")
def documented() -> dict[str, set[str]]:
    """Every state that the services' own models list, by kind of job."""
    shapes = {
        "training": ("sagemaker", "TrainingJobStatus"),
        "tuning": ("sagemaker", "HyperParameterTuningJobStatus"),
        "processing": ("sagemaker", "ProcessingJobStatus"),
        "transform": ("sagemaker", "TransformJobStatus"),
        "endpoint": ("sagemaker", "EndpointStatus"),
        "statement": ("redshift-data", "StatusString"),
        "cluster": ("emr", "ClusterState"),
        "cluster_end": ("emr", "ClusterState"),
        "step": ("emr", "StepState"),
        "pipeline": ("sagemaker", "PipelineExecutionStatus"),
        "job_run": ("emr-serverless", "JobRunState"),
        "state_machine": ("stepfunctions", "ExecutionStatus"),
    }
    found = {key: set(service(name).shape_for(shape).enum) for key, (name, shape) in shapes.items()}
    statement = found["statement"] - {"ALL"}  # a filter of the list call, not a state
    return found | {"statement": statement, "transaction": statement}


@pytest.fixture(scope="session")
def settings(local_aws: LocalAwsForTests) -> Settings:
    """The account of the tests: the stack of infra/, deployed to local_aws."""
    return Settings.from_json(environment.variable(stack_of(local_aws)))

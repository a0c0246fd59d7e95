"""Fixtures of the pure tests."""

import warnings
from pathlib import Path

import pytest

from tests.support import LocalAwsForTests
from tests.unit.trainyard.aws_models import service
from trainyard.settings import Settings
from yard import environment, infra
from yard.clients import Aws

TEMPLATE = Path(__file__).parents[3] / "infra" / "trainyard.yaml"


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
    with warnings.catch_warnings():
        # moto warns of what of the template it takes without effect; tests/infra says what that is.
        warnings.simplefilter("ignore", UserWarning)
        outputs = infra.deploy(Aws(local_aws.endpoint_url), TEMPLATE)
    return Settings.from_json(environment.variable(outputs))

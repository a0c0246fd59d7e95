"""Fixtures of the pure tests."""

import pytest

from tests.unit.trainyard.aws_models import service


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
    }
    found = {key: set(service(name).shape_for(shape).enum) for key, (name, shape) in shapes.items()}
    return found | {"statement": found["statement"] - {"ALL"}}  # a filter of the list call, not a state

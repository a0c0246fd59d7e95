"""Airflow's policy and the library: every call that the library makes is allowed, and nothing else is."""

import ast
from collections.abc import Iterator
from functools import cache

import botocore
import botocore.session
import pytest

from tests.infra.template import PATH, listed, resources
from trainyard.catalog import KINDS
from trainyard.kinds import ListedKind

LIBRARY = PATH.parents[1] / "plugins"

#: IAM's prefix of the services that the library calls, by botocore's name.
PREFIXES = {
    "emr": "elasticmapreduce",
    "emr-serverless": "emr-serverless",
    "logs": "logs",
    "redshift-data": "redshift-data",
    "s3": "s3",
    "sagemaker": "sagemaker",
    "sagemaker-runtime": "sagemaker",
    "secretsmanager": "secretsmanager",
    "stepfunctions": "states",
    "sqs": "sqs",
}
#: Where IAM's word for a call is another one.
ACTIONS = {
    "s3:CopyObject": "s3:PutObject",  # and s3:GetObject, which other calls need anyway
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectsV2": "s3:ListBucket",
}
#: What AWS asks for beside the call itself.
IMPLIED = {
    "elasticmapreduce:AddTags",  # RunJobFlow with Tags
    "elasticmapreduce:PutAutoTerminationPolicy",  # RunJobFlow with AutoTerminationPolicy
    "emr-serverless:TagResource",  # StartJobRun with tags
    "iam:PassRole",  # every call that names a role
    "kms:CreateGrant",  # encrypted volumes
    "kms:Decrypt",  # GetObject
    "kms:DescribeKey",  # encrypted volumes
    "kms:GenerateDataKey",  # PutObject
    "redshift-serverless:GetCredentials",  # ExecuteStatement on a workgroup
    "s3:GetBucketLocation",  # how clients find a bucket's region
    "sagemaker:AddTags",  # CreateX with Tags
}


def calls_by_kind() -> Iterator[tuple[str, str]]:
    """Service and method of what operators and triggers do with a kind of job."""
    for kind in KINDS.values():
        methods = {kind.create, kind.describe, kind.stop} | ({kind.lists} if isinstance(kind, ListedKind) else set())
        yield from ((kind.service, method) for method in methods - {""})


@cache
def operations(service: str) -> dict[str, str]:
    """boto3's methods of a service, and the operations that they call."""
    model = botocore.session.get_session().get_service_model(service)
    return {botocore.xform_name(operation): operation for operation in model.operation_names}


def calls_by_name(known: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Service and method of the boto3 methods whose names stand as texts in the library's source.

    Where several services have a method of that name, it is the one that is ``known`` already.
    """
    for path in LIBRARY.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "_" in node.value:
                found = {(service, node.value) for service in PREFIXES if node.value in operations(service)}
                yield from found & known or found


def action(service: str, method: str) -> str:
    """IAM's action for a call."""
    plain = f"{PREFIXES[service]}:{operations(service)[method]}"
    return ACTIONS.get(plain, plain)


@pytest.fixture(scope="module")
def called() -> set[str]:
    """Every action that the library needs for its calls."""
    by_kind = set(calls_by_kind())
    return {action(*call) for call in by_kind | set(calls_by_name(by_kind))}


@pytest.fixture(scope="module")
def allowed() -> set[str]:
    """Every action in Airflow's policies."""
    policies = resources("AWS::IAM::ManagedPolicy")
    statements = [
        statement
        for name in ("AirflowPolicy", "AirflowReleasePolicy", "AirflowSweepPolicy")
        for statement in policies[name]["PolicyDocument"]["Statement"]
    ]
    return {action for statement in statements for action in listed(statement["Action"])}


def test_every_call_of_the_library_is_allowed(called: set[str], allowed: set[str]) -> None:
    assert called - allowed == set()


def test_nothing_is_allowed_that_the_library_does_not_call(called: set[str], allowed: set[str]) -> None:
    assert allowed - called - IMPLIED == set()


def test_the_reading_of_the_source_finds_calls(called: set[str]) -> None:
    assert {"sagemaker:CreateTrainingJob", "redshift-data:CancelStatement", "s3:GetObject"} <= called

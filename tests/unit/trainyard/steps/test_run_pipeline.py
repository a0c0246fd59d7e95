"""A model's own pipeline is started only while it is what its specification makes."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.support import LocalAwsForTests
from tests.unit.trainyard.account import Account
from trainyard.errors import CallRefused
from trainyard.job import Job
from trainyard.requests.pipeline_definition import pipeline
from trainyard.settings import Settings
from trainyard.steps.run_pipeline import require_definition


@pytest.fixture
def account(local_aws: LocalAwsForTests, settings: Settings) -> Account:
    return Account(local_aws, settings)


@pytest.fixture
def job(account: Account) -> Iterator[Job]:
    """What starts the pipeline, which ``yard pipeline`` has made."""
    task = account.task("train_by_pipeline")
    name = f"own-{account.digest}"
    found = replace(task.job(), inputs={"pipeline": name})
    made = pipeline(found.spec, account.settings, account.settings.roles.training)
    sagemaker = account.aws.client("sagemaker")
    sagemaker.create_pipeline(**made | {"PipelineName": name, "ClientRequestToken": name.ljust(32, "x")})
    yield found
    sagemaker.delete_pipeline(PipelineName=name)


def asked(account: Account, job: Job) -> None:
    runtime: Any = account.task("train_by_pipeline")
    require_definition(job, runtime)


def test_it_is_started_while_its_definition_is_that_of_the_specification(account: Account, job: Job) -> None:
    asked(account, job)


def test_after_a_change_of_the_dag_it_is_refused_until_it_is_made_anew(account: Account, job: Job) -> None:
    training = replace(job.spec.training, compute=replace(job.spec.training.compute, instance_type="ml.p5.48xlarge"))
    with pytest.raises(CallRefused, match="of another specification") as raised:
        asked(account, replace(job, spec=replace(job.spec, training=training)))
    assert "`yard pipeline d`" in raised.value.remedy  # d is the DAG


def test_after_a_change_of_the_airflow_variable_too(account: Account, job: Job) -> None:
    settings = replace(job.settings, instance_types={"train": "ml.p5.48xlarge"})
    with pytest.raises(CallRefused, match="of another specification"):
        asked(account, replace(job, settings=settings))


def test_one_that_was_never_made_is_refused_with_the_command_that_makes_it(account: Account, job: Job) -> None:
    with pytest.raises(CallRefused, match="does not exist") as raised:
        asked(account, replace(job, inputs={"pipeline": "nobodys"}))
    assert "`yard pipeline d`" in raised.value.remedy

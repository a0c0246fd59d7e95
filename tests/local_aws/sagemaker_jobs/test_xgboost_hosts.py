"""SageMaker's built-in XGBoost on several hosts: one model, as good as one host's, whatever happens in between."""

from typing import Any

import pytest

from local_aws.containers import sandbox
from local_aws.testing import LocalAwsAdmin
from tests.local_aws.sagemaker_jobs.support import Jobs, Record
from tests.local_aws.sagemaker_jobs.test_xgboost import (
    GROUP,
    PLAIN,
    as_csv,
    as_libsvm,
    channel,
    leads,
    metrics,
    request,
)

pytestmark = [
    pytest.mark.training,
    pytest.mark.skipif(not sandbox.has_namespaces(), reason="this machine refuses mount namespaces"),
]
ROWS, ROUNDS = 40_000, 60
MANY = PLAIN | {"num_round": str(ROUNDS)}


def sharded(jobs: Jobs, name: str, *bodies: bytes, content_type: str = "text/csv") -> Record:
    """A channel of several objects, of which each host gets its share."""
    made = channel(jobs, name, bodies[0], content_type)
    source: Record = made["DataSource"]["S3DataSource"]
    source["S3DataDistributionType"] = "ShardedByS3Key"
    for number, body in enumerate(bodies[1:], 1):
        jobs.put(f"{source['S3Uri'].removeprefix(jobs.uri(''))}part-{number}", body)
    return made


def shards(rows: Any, count: int) -> list[bytes]:
    return [as_csv(rows[index::count]) for index in range(count)]


def train(jobs: Jobs, channels: list[Record], hosts: int = 2, **more: Any) -> Record:
    asked = request(jobs, channels, **more)
    asked["ResourceConfig"]["InstanceCount"] = hosts
    jobs.sagemaker.create_training_job(**asked)
    return jobs.ended_training(asked["TrainingJobName"])


def models(jobs: Jobs, job: Record) -> list[str]:
    """What the hosts say of their models."""
    lines = [jobs.lines(GROUP, job["TrainingJobName"], host) for host in ("algo-1", "algo-2")]
    return [line for told in lines for line in told if line.startswith("Model after")]


@pytest.fixture(scope="module")
def data(jobs: Jobs) -> list[Record]:
    return [sharded(jobs, "train", *shards(leads(1, ROWS), 4)), channel(jobs, "validation", as_csv(leads(2, 10_000)))]


@pytest.fixture(scope="module")
def single(jobs: Jobs, data: list[Record]) -> Record:
    return train(jobs, data, 1, hyperparameters=MANY)


def test_two_hosts_end_with_one_model_that_is_as_good_as_one_hosts(
    jobs: Jobs, data: list[Record], single: Record
) -> None:
    pair = train(jobs, data, hyperparameters=MANY)
    assert metrics(pair)["validation:auc"] == pytest.approx(metrics(single)["validation:auc"], abs=0.003)
    first, second = models(jobs, pair)
    assert first == second
    assert first.startswith(f"Model after {ROUNDS} rounds: ")
    rows = f"train matrix has {ROWS // 2} rows and 4 columns"
    name = pair["TrainingJobName"]
    assert all(rows in jobs.lines(GROUP, name, host) for host in ("algo-1", "algo-2"))
    rounds = [line for line in jobs.lines(GROUP, name) if "#011validation-auc:" in line]
    assert len(rounds) == ROUNDS, "the master alone tells the metrics"


def test_an_interruption_in_the_middle_ends_with_as_many_rounds_and_as_good_a_model(
    jobs: Jobs, admin: LocalAwsAdmin, data: list[Record]
) -> None:
    slow = PLAIN | {"num_round": "500"}
    spot: Record = {
        "EnableManagedSpotTraining": True,
        "StoppingCondition": {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 900},
        "CheckpointConfig": {"S3Uri": jobs.uri(f"{jobs.name('checkpoints')}/")},
    }
    whole = train(jobs, data, hyperparameters=slow)
    (trained,) = (step for step in whole["SecondaryStatusTransitions"] if step["Status"] == "Training")
    middle = 0.6 * (trained["EndTime"] - trained["StartTime"]).total_seconds()
    with admin.fault("spot-loss", service="training-job", seconds=middle, times=1):
        cut = train(jobs, data, hyperparameters=slow, **spot)
    assert [step["Status"] for step in cut["SecondaryStatusTransitions"]].count("Interrupted") == 1
    assert any(line.startswith("Resuming from iteration") for line in jobs.lines(GROUP, cut["TrainingJobName"]))
    assert metrics(cut)["validation:auc"] == pytest.approx(metrics(whole)["validation:auc"], abs=1e-3)
    first, second = models(jobs, cut)
    assert first == second
    assert first.startswith("Model after 500 rounds: ")


def test_a_host_without_data_drops_out(jobs: Jobs) -> None:
    alone = train(jobs, [sharded(jobs, "train", as_csv(leads(1)))])
    assert metrics(alone)["train:auc"] > 0.85
    lines = jobs.lines(GROUP, alone["TrainingJobName"], "algo-2")
    assert lines[-1] == "Host algo-2 not being used for distributed training."


def test_when_no_host_has_data_the_job_fails(jobs: Jobs) -> None:
    job = train(jobs, [sharded(jobs, "train", b"", b"")])
    assert job["FailureReason"] == "AlgorithmError: No hosts received training data., exit code: 1"


def test_shards_of_libsvm_may_end_with_different_features(jobs: Jobs) -> None:
    rows = leads(1, 4000)
    narrow = rows[1::2, :4]  # its last feature is 0 everywhere, and so not written
    job = train(jobs, [sharded(jobs, "train", as_libsvm(rows[::2]), as_libsvm(narrow), content_type="text/libsvm")])
    assert metrics(job)["train:auc"] > 0.85
    first, second = models(jobs, job)
    assert first == second


def test_one_hosts_bad_data_ends_all(jobs: Jobs) -> None:
    job = train(jobs, [sharded(jobs, "train", as_csv(leads(1)), b"1,2,3,4,5\n0,red,3,4,5\n")])
    assert "Failed to load part-1: row 2, column 2: 'red' is no number" in job["FailureReason"]


def test_a_class_that_only_the_other_host_has_is_enough(jobs: Jobs) -> None:
    rows = leads(1, 4000)
    bodies = [as_csv(rows[rows[:, 0] == label]) for label in (0, 1)]
    first, second = models(jobs, train(jobs, [sharded(jobs, "train", *bodies)], hyperparameters=MANY))
    assert first == second

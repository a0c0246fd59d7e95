"""Nothing is paid for twice: how a task finds, adopts, refuses and replaces jobs, on local_aws."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support import LocalAwsForTests
from tests.unit.trainyard.account import Account, Task
from trainyard.catalog import CLUSTER, JOB_RUN, STATEMENT, TRAINING
from trainyard.errors import CallRefused
from trainyard.job import Job
from trainyard.kinds import JobKind, Request, State
from trainyard.operators.claim import Claim, Claimer
from trainyard.requests.emr import cluster
from trainyard.requests.emr_serverless import job_run
from trainyard.requests.pipeline import execution
from trainyard.requests.state_machine import machine_execution
from trainyard.requests.training import training_job
from trainyard.settings import Settings
from trainyard.workflows import PIPELINE, STATE_MACHINE

#: Waits until it is stopped: what such a job does is not what these tests are about.
PATIENT = "import signal\nsignal.pause()\n"
#: A condition that holds.
SURE = {"Type": "Equals", "LeftValue": 1, "RightValue": 1}


@pytest.fixture
def account(local_aws: LocalAwsForTests, settings: Settings) -> Iterator[Account]:
    account = Account(local_aws, settings)
    account.release_training(PATIENT)
    yield account
    sagemaker = account.aws.client("sagemaker")
    for found in sagemaker.list_training_jobs(StatusEquals="InProgress")["TrainingJobSummaries"]:
        sagemaker.stop_training_job(TrainingJobName=found["TrainingJobName"])


class Work:
    """One kind of work in an account, asked for by tries of one task."""

    def __init__(self, account: Account, kind: JobKind, request: Callable[[Job], Request]) -> None:
        self.account, self.kind, self.request = account, kind, request

    def claimer(self, before: Any = None, **task: int) -> Claimer:
        surroundings: Any = self.account.task(f"learn.{self.kind.key}", **task)
        return Claimer(self.kind, surroundings, surroundings.job, lambda job, _: self.request(job), before)

    def claim(self, **task: int) -> Claim:
        return self.claimer(**task).claim()

    def state(self, claim: Claim) -> State:
        return self.kind.state(self.claimer().jobs.describe(claim.ref))

    def stop(self, claim: Claim) -> None:
        jobs = self.claimer().jobs
        jobs.stop(claim.ref)
        while self.kind.state(jobs.describe(claim.ref)) is State.RUNNING:
            pass

    @property
    def created(self) -> int:
        return self.account.aws.calls[
            {
                "training": "CreateTrainingJob",
                "cluster": "RunJobFlow",
                "statement": "ExecuteStatement",
                "job_run": "StartJobRun",
                "pipeline": "StartPipelineExecution",
            }[self.kind.key]
        ]


@pytest.fixture
def training(account: Account) -> Work:
    examples = account.examples()
    return Work(account, TRAINING, lambda job: training_job(job, {"examples": examples, "channels": {}}, {"epochs": 1}))


@pytest.fixture
def clusters(account: Account) -> Iterator[Work]:
    yield Work(account, CLUSTER, cluster)
    emr = account.aws.client("emr")
    for found in emr.list_clusters(ClusterStates=["STARTING", "RUNNING", "WAITING"])["Clusters"]:
        emr.terminate_job_flows(JobFlowIds=[found["Id"]])


@pytest.fixture
def job_runs(account: Account) -> Iterator[Work]:
    account.put(f"code/{account.digest}/spark_jobs/recommender/build_examples.py", PATIENT.encode())
    yield Work(account, JOB_RUN, lambda job: job_run(job, {"input": "s3://nowhere/manifest"}))
    serverless = account.aws.client("emr-serverless")
    assert account.settings.emr_serverless is not None
    application = account.settings.emr_serverless.application
    for found in serverless.list_job_runs(applicationId=application, states=["RUNNING", "QUEUED"])["jobRuns"]:
        serverless.cancel_job_run(applicationId=application, jobRunId=found["id"])


@pytest.fixture
def statements(account: Account) -> Work:
    target = account.settings.warehouse.target()
    return Work(account, STATEMENT, lambda job: target | {"Sql": f"SELECT '{job.place.token}'"})


def test_a_first_try_creates_its_job_with_one_call_and_no_look(training: Work) -> None:
    claim = training.claim()
    assert claim.description is None
    assert training.account.aws.calls == {"CreateTrainingJob": 1}


def test_a_try_that_lost_the_reply_adopts_the_job(training: Work) -> None:
    lost = training.claim()
    again = training.claim()
    assert again.ref == lost.ref
    assert again.description is not None


def test_a_retry_adopts_the_running_job_without_asking_for_another(training: Work) -> None:
    first = training.claim()
    retried = training.claim(retry=1)
    assert retried.ref == first.ref
    assert training.created == 1


def test_a_retry_never_adopts_a_stopped_job(training: Work) -> None:
    first = training.claim()
    training.stop(first)
    retried = training.claim(retry=1)
    assert retried.replacement == 1
    assert retried.ref != first.ref
    assert retried.job.place.uri != first.job.place.uri


def test_the_next_retry_adopts_the_replacement(training: Work) -> None:
    training.stop(training.claim())
    replaced = training.claim(retry=1)
    assert training.claim(retry=2).ref == replaced.ref


def test_a_clear_asks_anew(training: Work) -> None:
    assert training.claim().ref != training.claim(generation=2).ref
    assert training.created == 2


def test_a_job_of_other_inputs_is_not_adopted_and_not_left_running(training: Work) -> None:
    first = training.claim()
    other = Work(
        training.account,
        TRAINING,
        lambda job: training.request(job) | {"StoppingCondition": {"MaxRuntimeInSeconds": 60}},
    )
    claimed = other.claim(retry=1)
    assert claimed.ref != first.ref
    assert TRAINING.status_of(training.claimer().jobs.describe(first.ref)) in {"Stopping", "Stopped"}


def test_a_killed_task_stops_what_it_started(training: Work) -> None:
    claimer = training.claimer()
    claim = claimer.claim()
    claimer.stop()
    assert TRAINING.status_of(training.claimer().jobs.describe(claim.ref)) in {"Stopping", "Stopped"}


def test_a_task_killed_before_it_knew_its_job_stops_it_too(training: Work) -> None:
    started = training.claim()  # by a call whose reply the killed task never saw
    killed = training.claimer()
    killed.stop = lambda: killed._stop_by_name(started.job.name, training.request(started.job))
    killed.stop()
    assert TRAINING.status_of(training.claimer().jobs.describe(started.ref)) in {"Stopping", "Stopped"}


def test_stopping_what_has_ended_or_never_was_does_nothing(training: Work) -> None:
    claim = training.claim()
    training.stop(claim)
    jobs = training.claimer().jobs
    jobs.stop(claim.ref)
    jobs.stop({"TrainingJobName": "never-was"})


def test_a_request_that_is_refused_is_refused_at_once_with_call_and_object(training: Work) -> None:
    wrong = Work(training.account, TRAINING, lambda job: training.request(job) | {"RoleArn": "not a role"})
    with pytest.raises(CallRefused, match=r"sagemaker CreateTrainingJob recommender-training-.*[Rr]ole"):
        wrong.claim()


def test_what_a_job_needs_is_made_before_it_and_only_if_it_is_created(training: Work) -> None:
    made: list[str] = []
    training.claimer(before=lambda job, _: made.append(job.name)).claim()
    training.claimer(before=lambda job, _: made.append(job.name), retry=1).claim()
    assert len(made) == 1


def test_a_repeated_statement_is_the_same_statement(statements: Work) -> None:
    assert statements.claim().ref == statements.claim().ref


def test_a_retried_statement_is_found_in_the_list_and_not_run_again(statements: Work) -> None:
    first = statements.claim()
    retried = statements.claim(retry=1)
    assert retried.ref == first.ref
    assert statements.created == 1


def test_a_failed_statement_is_run_again_as_another_one(statements: Work) -> None:
    failing = Work(
        statements.account, STATEMENT, lambda job: statements.request(job) | {"Sql": "SELECT nothing FROM nowhere"}
    )
    first = failing.claim()
    while failing.state(first) is State.RUNNING:
        pass
    retried = failing.claim(retry=1)
    assert retried.replacement == 1
    assert retried.ref != first.ref


def test_a_cluster_is_looked_for_before_it_is_asked_for(clusters: Work) -> None:
    first = clusters.claim()
    assert clusters.claim().ref == first.ref  # a lost reply: no token could save from a second cluster
    assert clusters.claim(retry=1).ref == first.ref
    assert clusters.created == 1


def test_a_clear_ends_the_cluster_that_nobody_was_told_of(clusters: Work) -> None:
    former = clusters.claim()
    while clusters.state(former) is State.RUNNING:
        pass  # it gets ready in the second in which its task is cleared
    anew = clusters.claim(generation=2)
    assert anew.ref != former.ref
    while clusters.state(former) is State.SUCCEEDED:
        pass
    assert clusters.state(former) in (State.STOPPED, State.FAILED)
    assert clusters.state(anew) in (State.RUNNING, State.SUCCEEDED)


def test_a_cluster_that_has_ended_is_not_adopted(clusters: Work) -> None:
    first = clusters.claim()
    clusters.stop(first)
    assert clusters.claim(retry=1).ref != first.ref


def test_a_task_whose_jobs_were_all_given_up_says_so(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainyard.operators.claim.MOST_REPLACEMENTS", 0)
    work = Work(account, TRAINING, lambda job: training_job(job, {"examples": "s3://b/m", "channels": {}}, {}))
    with pytest.raises(CallRefused, match="given up"):
        work.claim()


def test_the_surroundings_in_these_tests_name_jobs_as_the_library_does(account: Account) -> None:
    task: Task = account.task("learn.train")
    assert task.job().name == task.identity.job_name("recommender")


@pytest.mark.spark
def test_a_job_run_is_asked_for_again_by_its_token_found_by_its_name_and_replaced_when_it_was_stopped(
    job_runs: Work,
) -> None:
    first = job_runs.claim()
    assert job_runs.account.aws.calls == {"StartJobRun": 1}
    assert job_runs.claim().ref == first.ref  # the reply was lost: the same token gives the same run
    assert job_runs.claim(retry=1).ref == first.ref
    assert job_runs.account.aws.calls["ListJobRuns"] == 1
    job_runs.stop(first)
    assert job_runs.state(first) is State.STOPPED
    replaced = job_runs.claim(retry=1)
    assert (replaced.replacement, replaced.ref == first.ref) == (1, False)
    assert job_runs.claim(retry=2).ref == replaced.ref


@pytest.fixture
def executions(account: Account) -> Work:
    step = {"Name": "Ends", "Type": "Condition", "Arguments": {"Conditions": [SURE], "IfSteps": [], "ElseSteps": []}}
    name = f"pipeline-{account.digest}"
    account.aws.client("sagemaker").create_pipeline(
        PipelineName=name,
        PipelineDefinition=json.dumps({"Version": "2020-12-01", "Steps": [step]}),
        RoleArn=account.settings.roles.training,
        ClientRequestToken="c" * 32,
    )
    return Work(account, PIPELINE, lambda job: execution(job, name, {}))


def test_a_pipelines_execution_is_started_once_and_found_again_by_its_name(executions: Work) -> None:
    first = executions.claim()
    assert executions.claim().ref == first.ref
    retried = executions.claim(retry=1)
    assert (retried.ref, retried.replacement) == (first.ref, 0)
    assert executions.account.aws.calls["ListPipelineExecutions"] == 1


@pytest.fixture
def machine(account: Account) -> Work:
    """A state machine whose executions wait for ever."""
    name = f"machine-{account.digest}"
    waits = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}}
    account.aws.client("stepfunctions").create_state_machine(
        name=name, definition=json.dumps(waits), roleArn=account.settings.roles.training
    )
    return Work(account, STATE_MACHINE, lambda job: machine_execution(job, name, {"Week": "{partition}"}))


def test_a_state_machines_execution_is_found_again_without_a_list_and_replaced_once_it_was_stopped(
    machine: Work,
) -> None:
    first = machine.claim()
    assert machine.account.aws.calls == {"CreateStateMachine": 1, "StartExecution": 1}
    assert machine.claim().ref == first.ref  # the reply was lost: the same name and input give the same execution
    assert machine.claim(retry=1).ref == first.ref
    machine.stop(first)
    assert machine.state(first) is State.STOPPED
    machine.stop(first)  # one that has ended needs no stopping
    replaced = machine.claim(retry=1)
    assert (replaced.replacement, replaced.ref == first.ref) == (1, False)
    assert machine.claim().ref == replaced.ref  # whose name exists: it is looked at, and the next one is taken
    assert "ListExecutions" not in machine.account.aws.calls
    machine.stop(replaced)

"""Step Functions: executions run, their tasks reach this local_aws, and SageMaker's jobs are waited for and stopped."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.state import State
from local_aws.state_machines import CLIENTS, interpret, leave
from tests.infra.stack import local_aws_process
from tests.local_aws.sagemaker_jobs.support import Jobs, eventually
from tests.support import LocalAwsForTests, client

ROLE = "arn:aws:iam::123456789012:role/states"


class Machines(Jobs):
    """One local_aws as a person with state machines sees it."""

    def __init__(self, local_aws: LocalAwsForTests) -> None:
        super().__init__(local_aws)
        self.states = local_aws.client("stepfunctions")

    def machine(self, first: str, **states: dict[str, Any]) -> str:
        """A new state machine's ARN."""
        definition = json.dumps({"StartAt": first, "States": states})
        name = self.name("machine")
        return str(self.states.create_state_machine(name=name, definition=definition, roleArn=ROLE)["stateMachineArn"])

    def started(self, machine: str, **given: Any) -> str:
        """An execution's ARN."""
        name = uuid.uuid4().hex
        reply = self.states.start_execution(stateMachineArn=machine, name=name, input=json.dumps(given))
        return str(reply["executionArn"])

    def ended(self, execution: str) -> dict[str, Any]:
        """The execution as soon as it has ended."""

        def there() -> dict[str, Any] | None:
            found: dict[str, Any] = self.states.describe_execution(executionArn=execution)
            return found if found["status"] != "RUNNING" else None

        found: dict[str, Any] = eventually(there)
        return found

    def training(self, command: str, **more: Any) -> dict[str, Any]:
        """A task that trains, and waits for its end."""
        request = self.training_request("", command) | {"TrainingJobName.$": "$.job"}
        del request["TrainingJobName"]
        resource = "arn:aws:states:::sagemaker:createTrainingJob.sync"
        return {"Type": "Task", "Resource": resource, "Parameters": request, "End": True} | more


@pytest.fixture(scope="module")
def machines(local_aws: LocalAwsForTests) -> Machines:
    return Machines(local_aws)


def test_states_are_carried_out_and_the_output_is_theirs(machines: Machines) -> None:
    branch = {"StartAt": "Same", "States": {"Same": {"Type": "Pass", "End": True}}}
    machine = machines.machine(
        "Wait",
        Wait={"Type": "Wait", "Seconds": 0, "Next": "Choose"},
        Choose={
            "Type": "Choice",
            "Choices": [{"Variable": "$.rows", "NumericGreaterThan": 0, "Next": "Both"}],
            "Default": "Nothing",
        },
        Both={"Type": "Parallel", "Branches": [branch, branch], "End": True},
        Nothing={"Type": "Fail", "Error": "NoRows", "Cause": "the week is empty"},
    )
    assert json.loads(machines.ended(machines.started(machine, rows=1))["output"]) == [{"rows": 1}, {"rows": 1}]
    failed = machines.ended(machines.started(machine, rows=0))
    assert (failed["status"], failed["error"], failed["cause"]) == ("FAILED", "NoRows", "the week is empty")


def test_the_same_name_starts_one_execution_and_none_once_it_has_ended(machines: Machines) -> None:
    machine = machines.machine("Wait", Wait={"Type": "Wait", "Seconds": 60, "End": True})
    asked = {"stateMachineArn": machine, "name": "one", "input": "{}"}
    one, same = (machines.states.start_execution(**asked)["executionArn"] for _ in range(2))
    assert one == same == f"{machine.replace(':stateMachine:', ':execution:')}:one"
    machines.states.stop_execution(executionArn=one)
    assert machines.ended(one)["status"] == "ABORTED"
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        machines.states.start_execution(**asked)


def test_a_task_calls_this_local_aws(machines: Machines) -> None:
    resource = "arn:aws:states:::aws-sdk:sagemaker:listTrainingJobs"
    machine = machines.machine("List", List={"Type": "Task", "Resource": resource, "Parameters": {}, "End": True})
    name = machines.name()
    machines.sagemaker.create_training_job(**machines.training_request(name, "true"))
    output = json.loads(machines.ended(machines.started(machine))["output"])
    assert name in [job["TrainingJobName"] for job in output["TrainingJobSummaries"]]


def test_a_training_job_is_waited_for_and_its_description_is_the_output(machines: Machines) -> None:
    machine = machines.machine("Train", Train=machines.training("echo weights > /opt/ml/model/weights"))
    ended = machines.ended(machines.started(machine, job=machines.name()))
    assert ended["status"] == "SUCCEEDED", ended
    told = json.loads(ended["output"])
    assert told["TrainingJobStatus"] == "Completed"
    assert told["ModelArtifacts"]["S3ModelArtifacts"].endswith("/model.tar.gz")


def test_a_training_job_that_fails_can_be_caught_by_the_name_that_aws_gives_it(machines: Machines) -> None:
    catch = [{"ErrorEquals": ["States.TaskFailed"], "Next": "Told"}]
    machine = machines.machine(
        "Train",
        Train=machines.training("echo 'no rows' > /opt/ml/output/failure; exit 1", Catch=catch),
        Told={"Type": "Pass", "End": True},
    )
    output = json.loads(machines.ended(machines.started(machine, job=machines.name()))["output"])
    assert "no rows" in json.loads(output["Cause"])["FailureReason"]


def test_stopping_an_execution_stops_the_job_that_it_waits_for(machines: Machines) -> None:
    machine, job = machines.machine("Train", Train=machines.training("sleep 300")), machines.name()
    execution = machines.started(machine, job=job)
    eventually(lambda: machines.sagemaker.list_training_jobs(NameContains=job)["TrainingJobSummaries"])
    machines.states.stop_execution(executionArn=execution)
    assert machines.ended(execution)["status"] == "ABORTED"
    eventually(lambda: machines.describe_training(job)["TrainingJobStatus"] == "Stopped")


@pytest.mark.parametrize(
    "resource",
    ["arn:aws:states:::elasticmapreduce:createCluster.sync", "arn:aws:states:::sagemaker:createLabelingJob.sync"],
)
def test_a_task_that_would_come_to_nothing_is_refused_when_the_machine_is_made(
    machines: Machines, resource: str
) -> None:
    with pytest.raises(ClientError, match="InvalidDefinition"):
        machines.machine("Task", Task={"Type": "Task", "Resource": resource, "Parameters": {}, "End": True})


@pytest.mark.long
def test_a_restart_finds_what_became_of_executions_and_does_none_again(local_aws_folder: Path) -> None:
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:createBucket", "Parameters": {"Bucket": "made"}}
    wait = {"Type": "Wait", "Seconds": 600, "End": True}
    with local_aws_process(local_aws_folder) as url:
        states = client(url, "stepfunctions")

        def started(name: str, state: dict[str, Any]) -> str:
            definition = json.dumps({"StartAt": "Only", "States": {"Only": state}})
            machine = states.create_state_machine(name=name, roleArn=ROLE, definition=definition)["stateMachineArn"]
            return str(states.start_execution(stateMachineArn=machine, name="one")["executionArn"])

        done, waits = started("makes", task | {"End": True}), started("waits", wait)
        eventually(lambda: states.describe_execution(executionArn=done)["status"] == "SUCCEEDED")
        client(url, "s3").delete_bucket(Bucket="made")
    with local_aws_process(local_aws_folder) as url:
        states = client(url, "stepfunctions")
        assert "made" in states.describe_execution(executionArn=done)["output"]
        assert client(url, "s3").list_buckets()["Buckets"] == []
        lost = states.describe_execution(executionArn=waits)
        assert (lost["status"], lost["error"]) == ("FAILED", "LocalAws.Stopped")
        assert "local_aws was stopped" in lost["cause"]
        states.stop_execution(executionArn=waits)  # one that has ended may be stopped


def test_another_local_aws_of_the_process_that_came_and_went_leaves_this_one_at_work(
    local_aws: LocalAwsForTests, tmp_path: Path
) -> None:
    other = State(tmp_path / "state.sqlite")
    interpret("http://127.0.0.1:1", other.table("states.executions"))
    leave("http://127.0.0.1:1")
    other.close()
    assert CLIENTS.endpoint_url == local_aws.endpoint_url

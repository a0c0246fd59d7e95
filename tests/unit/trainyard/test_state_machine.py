"""What a Step Functions state machine is asked, how its execution is found again, and what its output tells."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.trainyard.aws_models import problems
from tests.unit.trainyard.made_up import RUN, SETTINGS, job
from trainyard.errors import InputError
from trainyard.faults import Fault, fault_of
from trainyard.requests.state_machine import INPUT_BYTES, OWNER, machine_execution, packages_in
from trainyard.workflows import STATE_MACHINE

PACKAGE = "arn:aws:sagemaker:us-east-1:123456789012:model-package/recommender/3"


def asked(machine: str = "weekly", **given: Any) -> dict[str, Any]:
    work = replace(job("run_state_machine"), inputs={"after": {"examples": "s3://b/examples.manifest", "rows": 7}})
    return machine_execution(work, machine, given)


def test_it_is_asked_in_words_that_aws_takes() -> None:
    request = asked(Week="{partition}")
    name = STATE_MACHINE.full_name(request, job("run_state_machine").name)
    assert problems("stepfunctions", "StartExecution", STATE_MACHINE.created(request, name)) == []
    assert request["stateMachineArn"] == f"arn:aws:states:us-east-1:{SETTINGS.account}:stateMachine:weekly"


def test_its_input_speaks_of_the_run_however_deep() -> None:
    told = json.loads(
        asked(Train={"Weeks": ["{partition}"], "From": "{examples}", "Rows": "{rows}", "Deep": True})["input"]
    )
    assert told["Train"] == {"Weeks": [RUN.partition], "From": "s3://b/examples.manifest", "Rows": "7", "Deep": True}
    assert "task=run_state_machine" in told[OWNER]


def test_an_input_that_is_too_long_is_refused_before_it_is_sent() -> None:
    with pytest.raises(InputError, match=rf"'weekly' has \d+ bytes; {INPUT_BYTES} are allowed"):
        asked(Text="x" * INPUT_BYTES)


@pytest.mark.parametrize("machine", ["weekly", "weekly:PROD", "weekly:3"])
def test_an_execution_is_found_again_by_its_name_alone_whatever_alias_or_version_started_it(machine: str) -> None:
    assert STATE_MACHINE.ref_by_name is not None
    found = STATE_MACHINE.ref_by_name(asked(machine), "a-name")
    assert found == {"executionArn": f"arn:aws:states:us-east-1:{SETTINGS.account}:execution:weekly:a-name"}


def test_one_that_ended_under_the_name_exists_and_one_that_is_not_there_is_absent() -> None:
    assert fault_of("ExecutionAlreadyExists", "Execution Already Exists: 'arn'") is Fault.EXISTS
    assert fault_of("ExecutionDoesNotExist", "Execution Does Not Exist: 'arn'") is Fault.ABSENT


def test_the_versions_in_an_output_are_found_each_once() -> None:
    output = {"Steps": [{"Arn": PACKAGE}, {"Again": PACKAGE}], "Text": f"about {PACKAGE}", "Number": 1}
    assert list(packages_in(output)) == [PACKAGE]

"""The kinds of job that are whole workflows of somebody else's; see ``catalog`` for the others."""

from __future__ import annotations

from hashlib import sha256

from trainyard.kinds import ListedKind

PIPELINE = ListedKind(
    key="pipeline",
    service="sagemaker",
    create="start_pipeline_execution",
    describe="describe_pipeline_execution",
    stop="stop_pipeline_execution",
    status=("PipelineExecutionStatus",),
    running=frozenset({"Executing", "Stopping"}),
    succeeded=frozenset({"Succeeded"}),
    failed=frozenset({"Failed", "CompletedWithFailures"}),
    stopped=frozenset({"Stopped"}),
    reason=(("FailureReason",),),
    lists="list_pipeline_executions",
    items="PipelineExecutionSummaries",
    name_key="PipelineExecutionDisplayName",
    joint="-",
    list_params=lambda request, _name: {"PipelineName": request["PipelineName"], "MaxResults": 100},
    created=lambda request, name: (
        request | {"PipelineExecutionDisplayName": name, "ClientRequestToken": sha256(name.encode()).hexdigest()}
    ),
    ref_of=lambda _request, reply: {"PipelineExecutionArn": reply["PipelineExecutionArn"]},
    has_token=True,
)


def _execution_arn(machine_arn: str, name: str) -> str:
    """Return an execution's ARN, which does not tell the alias or the version that a state machine's may end in."""
    *before, _state_machine, machine = machine_arn.split(":")[:7]
    return ":".join([*before, "execution", machine, name])


#: Of a standard state machine: those of an express one cannot be asked for again.
STATE_MACHINE = ListedKind(
    key="state_machine",
    service="stepfunctions",
    create="start_execution",
    describe="describe_execution",
    stop="stop_execution",
    status=("status",),
    running=frozenset({"RUNNING", "PENDING_REDRIVE"}),
    succeeded=frozenset({"SUCCEEDED"}),
    failed=frozenset({"FAILED", "TIMED_OUT"}),
    stopped=frozenset({"ABORTED"}),
    reason=(("error",), ("cause",)),
    name_key="name",
    joint="-",
    created=lambda request, name: request | {"name": name},
    ref_of=lambda _request, reply: {"executionArn": reply["executionArn"]},
    ref_by_name=lambda request, name: {"executionArn": _execution_arn(request["stateMachineArn"], name)},
    has_token=True,  # the same name and input start one execution
    console="states/home?region={region}#/v2/executions/details/{executionArn}",
)

"""What became of the executions of state machines, kept over a restart; one that was under way then has failed."""

from types import SimpleNamespace
from typing import Any

from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.backend.execution import Execution

from local_aws.services.sagemaker.records import now
from local_aws.state import Record, Table

_STOPPED = "InternalServerError: local_aws was stopped while the execution was under way; what it had begun may go on."


def remember(table: Table, execution: Execution) -> None:
    """Write down how an execution is now."""
    record: Record = {
        "Name": execution.name,
        "Machine": execution.state_machine.arn,
        "Region": execution.region_name,
        "Account": execution.account_id,
        "Input": execution.execution_input,
        "Status": str(execution.status),
        "Output": execution.output,
        "Error": execution.error,
        "Cause": execution.cause,
        "Started": execution.start_date,
        "Stopped": execution.stop_date,
    }
    table.put(execution.exec_arn, record)


def restore(table: Table, backends: Any) -> None:
    """Give the state machines their executions back. What was under way is not done again: it may have been done."""
    for arn, record in table.items():
        if record["Status"] == ExecutionStatus.RUNNING:
            record = {**record, "Status": str(ExecutionStatus.FAILED.value), "Error": "LocalAws.Stopped"}
            record |= {"Cause": _STOPPED, "Stopped": now()}
            table.put(arn, record)
        machines = backends[record["Account"]][record["Region"]].state_machines
        for machine in machines:
            if machine.arn == record["Machine"]:
                machine.executions.append(_execution(arn, record, machine))


def _execution(arn: str, record: Record, machine: Any) -> Execution:
    execution = Execution(
        name=record["Name"],
        sm_type=machine.sm_type,
        role_arn=machine.roleArn,
        exec_arn=arn,
        account_id=record["Account"],
        region_name=record["Region"],
        state_machine=machine,
        start_date=record["Started"],
        cloud_watch_logging_session=None,
        activity_store={},
        input_data=record["Input"],
    )
    execution.exec_status = ExecutionStatus(record["Status"])
    execution.output, execution.error, execution.cause = record["Output"], record["Error"], record["Cause"]
    execution.stop_date = record["Stopped"]
    ended: Any = SimpleNamespace(env=None, stop=lambda **_: None)  # it has no history, and cannot be stopped
    execution.exec_worker = ended
    return execution

"""One step of an execution: begun, followed and stopped by the operations of its type."""

import hashlib
import json
import re
from datetime import timedelta
from typing import Any

from local_aws.errors import AwsError
from local_aws.services.sagemaker.pipelines import endpoint_step
from local_aws.services.sagemaker.pipelines.conditions import holds
from local_aws.services.sagemaker.pipelines.definition import Step
from local_aws.services.sagemaker.pipelines.kinds import KINDS, Calls, StepKind
from local_aws.services.sagemaker.pipelines.store import Store
from local_aws.services.sagemaker.pipelines.values import Scope, Unresolved
from local_aws.services.sagemaker.records import now
from local_aws.state import Record

_LONGEST_REASON = 1024
_EXECUTION_TAG = "sagemaker:pipeline-execution-arn"
#: The words of jobs for what a step calls Executing, Succeeded...
_STATES = {"InProgress": "Executing", "Stopping": "Stopping", "Completed": "Succeeded", "Stopped": "Stopped"}


class StepRunner:
    """Carries out the steps of one execution."""

    def __init__(self, store: Store, calls: Calls, execution: Record, scope: Scope) -> None:
        self._store, self._calls, self._execution, self._scope = store, calls, execution, scope

    def begin(self, step: Step) -> None:
        """Record the step, then do what it does, or set it going."""
        arn = self._execution["PipelineExecutionArn"]
        record: Record = {
            "Execution": arn,
            "StepName": step.name,
            "StepType": step.type,
            **step.told,
            "StepStatus": "Starting",
            "StartTime": now(),
            "AttemptCount": 1,
        }
        if step.type in KINDS and not KINDS[step.type].named:
            record["Name"] = _name(arn, step.name, KINDS[step.type].limit)
        self._store.put_step(record)
        self.go_on(step, record)

    def go_on(self, step: Step, record: Record) -> None:
        """Do what a step does that is recorded as Starting; what it made already is not made again."""
        try:
            if step.type == "Condition":
                outcome = all(holds(item, self._scope.resolve) for item in step.arguments["Conditions"])
                self._end(record, "Succeeded", Metadata={"Condition": {"Outcome": str(outcome)}})
            elif step.type == "Fail":
                message = str(self._scope.resolve(step.arguments.get("ErrorMessage", "")))
                self._end(record, "Failed", message, Metadata={"Fail": {"ErrorMessage": message}})
            else:
                self._make(step, record, KINDS[step.type])
        except Unresolved as error:
            self._end(record, "Failed", f"ClientError: {error}")
        except AwsError as error:
            self._end(record, "Failed", f"ClientError: {error.message}")

    def follow(self, record: Record) -> None:
        """Look how the job of a step is, and record what changed."""
        kind = KINDS[record["StepType"]]
        job = self._calls(f"Describe{kind.stem}", {kind.name: record["Name"]})
        if kind.stem == "Endpoint":
            state, reason = endpoint_step.state(job, record)
        else:
            state, reason = _STATES.get(job[kind.status], "Failed"), job.get("FailureReason", job[kind.status])
        if state in ("Executing", "Stopping"):
            if state != record["StepStatus"]:
                self._store.put_step({**record, "StepStatus": state})
        elif state == "Failed":
            self._end(record, state, f"ClientError: {reason}")
        else:
            self._end(record, state)

    def stop(self, record: Record) -> None:
        """Ask the job of a step to end."""
        kind = KINDS[record["StepType"]]
        self._store.put_step({**record, "StepStatus": "Stopping"})
        if kind.stem == "Endpoint":
            return  # SageMaker has no call that stops one: it is followed until it is live, or rolled back
        try:
            self._calls(f"Stop{kind.stem}", {kind.name: record["Name"]})
        except AwsError:
            self.follow(record)  # it ended meanwhile

    def properties(self, record: Record) -> Any:
        """What later steps can get of a step: what its Describe operation says."""
        if record["StepType"] not in KINDS:
            return record.get("Metadata", {})
        kind = KINDS[record["StepType"]]
        name = record["Metadata"][kind.metadata]["Arn"] if record["StepType"] == "RegisterModel" else record["Name"]
        described = self._calls(f"Describe{kind.stem}", {kind.name: name})
        if record["StepType"] == "Tuning":
            order = {"SortBy": "FinalObjectiveMetricValue", "SortOrder": "Ascending"}
            goal = described["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]["Type"]
            order["SortOrder"] = "Descending" if goal == "Maximize" else "Ascending"
            found = self._calls(
                "ListTrainingJobsForHyperParameterTuningJob", {kind.name: name, "MaxResults": 50, **order}
            )
            return {**described, **found}
        return described

    def _make(self, step: Step, record: Record, kind: StepKind) -> None:
        arguments = self._scope.resolve(step.arguments)
        record = {**record, "Digest": _digest(step.type, arguments)}
        if kind.named:
            record["Name"] = str(arguments[kind.name])
        cached = self._cached(step, record) if kind.is_job else None
        if cached:
            hit = {"SourcePipelineExecutionArn": cached["Execution"]}
            same = {key: cached[key] for key in ("Name", "Metadata")}
            self._end(record, "Succeeded", **same, CacheHitResult=hit)
            return
        if kind.stem == "Endpoint":
            record["EndpointConfigName"] = arguments["EndpointConfigName"]
        arn = self._there(kind, record) or self._create(step, record, kind, arguments)
        record = {**record, "Metadata": {kind.metadata: {"Arn": arn}}}
        if kind.is_job:
            self._store.put_step({**record, "StepStatus": "Executing"})
        else:
            self._end(record, "Succeeded")

    def _there(self, kind: StepKind, record: Record) -> str | None:
        """The ARN of what an earlier local_aws made for this step before it was stopped."""
        if kind.stem in ("ModelPackage", "Endpoint"):
            return None  # the client token finds the one again; the other looks for itself
        try:
            arn = str(self._calls(f"Describe{kind.stem}", {kind.name: record["Name"]})[kind.arn])
        except AwsError:
            return None
        mine = {"Key": _EXECUTION_TAG, "Value": self._execution["PipelineExecutionArn"]}
        # A name that the definition chose may be somebody else's: creating it again is refused then, as on AWS.
        return arn if not kind.named or mine in self._calls("ListTags", {"ResourceArn": arn})["Tags"] else None

    def _create(self, step: Step, record: Record, kind: StepKind, arguments: dict[str, Any]) -> str:
        operation = f"Create{kind.stem}"
        try:
            if kind.stem == "ModelPackage":
                self._ensure_group(arguments)
                token = hashlib.sha256(record["Name"].encode()).hexdigest()[:36]
                params = {**arguments, "ClientToken": token}
            else:
                params = {**arguments, kind.name: record["Name"]}
            params["Tags"] = [*arguments.get("Tags", []), *self._tags(step)]
            if kind.stem == "Endpoint":
                return endpoint_step.put(self._calls, params)
            return str(self._calls(operation, params)[kind.arn])
        except AwsError as error:
            raise AwsError(
                error.code, f"Failed to invoke sagemaker:{operation}. Error Details: {error.message}"
            ) from error

    def _ensure_group(self, arguments: dict[str, Any]) -> None:
        """Make the model package group that a step registers into, as Pipelines does where there is none."""
        group = {"ModelPackageGroupName": arguments.get("ModelPackageGroupName", "")}
        if not group["ModelPackageGroupName"]:
            return
        try:
            self._calls("DescribeModelPackageGroup", group)
        except AwsError:
            self._calls("CreateModelPackageGroup", group)

    def _tags(self, step: Step) -> list[dict[str, str]]:
        arn = self._execution["PipelineExecutionArn"]
        told = {_EXECUTION_TAG: arn, "sagemaker:pipeline-step-name": step.name}
        return [{"Key": key, "Value": value} for key, value in told.items()]

    def _cached(self, step: Step, record: Record) -> Record | None:
        """The newest step of this pipeline that did the same, and not too long ago."""
        if step.cache_seconds is None:
            return None
        oldest = now() - timedelta(seconds=step.cache_seconds)
        pipeline = self._execution["PipelineArn"]
        for other in reversed(self._store.all_steps()):
            same = other["StepName"] == step.name and other.get("Digest") == record["Digest"]
            mine = other["Execution"].startswith(f"{pipeline}/execution/")
            if same and mine and other["StepStatus"] == "Succeeded" and "CacheHitResult" not in other:
                return other if other["EndTime"] >= oldest else None
        return None

    def _end(self, record: Record, status: str, reason: str = "", **more: Any) -> None:
        told = {"FailureReason": reason[:_LONGEST_REASON]} if reason else {}
        self._store.put_step({**record, **more, **told, "StepStatus": status, "EndTime": now()})


def _name(execution_arn: str, step: str, limit: int) -> str:
    """The name of what a step makes: the same whenever it is asked for; in lower case, as it is in the ARN then."""
    execution = execution_arn.rpartition("/")[2]
    digest = hashlib.sha256(f"{execution}/{step}".encode()).hexdigest()[:10]
    head = "" if limit < 63 else "pipelines-"
    room = limit - len(head) - len(execution) - len(digest) - 2
    stem = re.sub(r"[^a-z0-9]+", "-", step.lower())[:room].strip("-")
    return f"{head}{execution}-{stem or 'step'}-{digest}"


def _digest(kind: str, arguments: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps([kind, arguments], sort_keys=True, default=str).encode()).hexdigest()

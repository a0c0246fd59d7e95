"""run_pipeline: a SageMaker pipeline as one step, for teams whose training is at home there."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from trainyard.aws.calls import Absent, call
from trainyard.errors import CallRefused
from trainyard.names import aws_name
from trainyard.operators.job import JobOperator
from trainyard.requests.pipeline import execution
from trainyard.requests.pipeline_definition import definition
from trainyard.requests.pipeline_definition import inputs as inputs_of
from trainyard.requests.training import encode
from trainyard.workflows import PIPELINE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow.sdk import XComArg

    from trainyard.aws.runtime import Runtime
    from trainyard.job import Job
    from trainyard.kinds import Request
    from trainyard.operators.job import Ended
    from trainyard.spec import ModelSpec

_LONGEST = timedelta(hours=12)


def run_pipeline(
    spec: ModelSpec,
    pipeline: str,
    after: XComArg,
    *,
    parameters: Mapping[str, Any] | None = None,
    time_limit: timedelta = _LONGEST,
) -> XComArg:
    """Start an execution of a pipeline, wait for its end, and publish a manifest of what it left in the step's place.

    Args:
        spec: the model that it works for.
        pipeline: the pipeline's name; it must be there.
        after: what an earlier task returned; the execution starts after that.
        parameters: the pipeline's parameters: texts and numbers. In a text, ``{partition}``, ``{partition_end}``,
            ``{code}``, ``{code_version}`` and ``{output}`` stand for the run's, ``{examples}`` for what ``after``
            returned as ``examples``, and ``{channels.train}`` for the ``train`` in its ``channels``. What the pipeline
            writes below ``{output}`` is listed by the manifest.
        time_limit: the time after which the execution is stopped.

    Returns ``execution`` (ARN), ``pipeline``, ``parameters``, ``steps`` (by name: ``status``, and ``arn`` or
    ``outcome`` where there is one), ``model_packages`` (ARNs of what it registered), ``manifest``, ``digest``,
    ``files``, ``bytes``, ``seconds``, ``job``.
    """
    inputs = {"pipeline": pipeline, "parameters": dict(parameters or {}), "after": after}
    return _task("run_pipeline", spec, inputs, time_limit)


def train_by_pipeline(spec: ModelSpec, examples: XComArg, *, time_limit: timedelta = _LONGEST) -> XComArg:
    """Train, evaluate and register by the model's own pipeline, which ``yard pipeline`` has made of the same spec.

    It gets the run's partition, code and examples, and what the form says of hyperparameters. The version that it
    registers waits for the gate: ``read_version``, ``evaluate``, ``judge`` and ``adopt_version`` follow. It is not
    started while it is of another specification.

    Args:
        spec: the model.
        examples: what it learns from.
        time_limit: the time after which the execution is stopped.

    Returns what ``run_pipeline`` returns.
    """
    inputs = {"pipeline": aws_name(spec.name), "parameters": inputs_of(spec), "after": examples, "own": True}
    return _task("train_by_pipeline", spec, inputs, time_limit, require_definition)


def require_definition(job: Job, runtime: Runtime) -> None:
    """Look at a model's own pipeline before it is started: after a change of the DAG it would train as before.

    Raises:
        CallRefused: when its definition is not what the specification and the Airflow Variable make.
    """
    name = job.inputs["pipeline"]
    remedy = f"Run `yard pipeline {job.tags['trainyard:dag']}` (on AWS with --aws), then clear the task."
    told = {"service": PIPELINE.service, "call": "StartPipelineExecution", "about": name, "remedy": remedy}
    try:
        found = call(runtime.aws.client("sagemaker"), "describe_pipeline", name, PipelineName=name)
    except Absent as error:
        raise CallRefused(**told, reason=error.reason) from error
    if json.loads(found["PipelineDefinition"]) != json.loads(json.dumps(definition(job.spec, job.settings))):
        raise CallRefused(**told, reason="it is of another specification or Airflow Variable")


def _task(
    task_id: str,
    spec: ModelSpec,
    inputs: dict[str, Any],
    time_limit: timedelta,
    before: Callable[[Job, Runtime], None] | None = None,
) -> XComArg:
    return JobOperator(
        task_id=task_id,
        kind=PIPELINE,
        spec=spec,
        inputs=inputs,
        request=_request,
        result=_result,
        time_limit=time_limit,
        before=before,
    ).output


def _request(job: Job, _runtime: Runtime) -> Request:
    parameters = dict(job.inputs["parameters"])
    if job.inputs.get("own"):  # whose parameters are the model's hyperparameters
        script = job.spec.training.script
        parameters |= {name: encode(value, script=script) for name, value in job.run.hyperparameters.items()}
    return execution(job, job.inputs["pipeline"], parameters)


def _result(ended: Ended) -> dict[str, Any]:
    job, objects, told = ended.job, ended.runtime.objects, ended.description
    steps = _steps(ended)
    facts = {"execution": ended.ref["PipelineExecutionArn"], "steps": steps}
    request = _request(job, ended.runtime)
    files = objects.listing(job.place.uri)
    manifest = job.manifest(
        files, now=datetime.now(UTC), made_from=[f"pipeline:{request['PipelineName']}"], facts=facts
    )
    objects.publish(job.place, manifest)
    return facts | {
        "pipeline": request["PipelineName"],
        "parameters": {item["Name"]: item["Value"] for item in request["PipelineParameters"]},
        "model_packages": [step["arn"] for step in steps.values() if ":model-package/" in step.get("arn", "")],
        "manifest": job.place.manifest,
        "digest": manifest.digest,
        "files": len(manifest.files),
        "bytes": manifest.size,
        "seconds": round((told["LastModifiedTime"] - told["CreationTime"]).total_seconds(), 3),
        "job": job.name,
    }


def _steps(ended: Ended) -> dict[str, dict[str, str]]:
    """Return what became of each step that began, the first one first."""
    found: dict[str, dict[str, str]] = {}
    params: dict[str, Any] = {**ended.ref, "SortOrder": "Ascending", "MaxResults": 100}
    client = ended.runtime.aws.client("sagemaker")
    while True:
        reply = call(client, "list_pipeline_execution_steps", ended.job.name, **params)
        for step in reply["PipelineExecutionSteps"]:
            told: dict[str, Any] = next(iter(step.get("Metadata", {}).values()), {})
            more = {key.lower(): str(told[key]) for key in ("Arn", "Outcome") if key in told}
            found[step["StepName"]] = {"status": step["StepStatus"]} | more
        if not reply.get("NextToken"):
            return found
        params["NextToken"] = reply["NextToken"]

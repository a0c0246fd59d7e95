"""The job of each kind that the crash matrix runs: real, small, and as long as the form says."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context, task

from trainyard import steps
from trainyard.catalog import (
    CLUSTER,
    JOB_RUN,
    PROCESSING,
    STATEMENT,
    STEP,
    TRAINING,
    TRANSACTION,
    TRANSFORM,
    TUNING,
)
from trainyard.gate import Gate
from trainyard.operators.cluster import EndClusterOperator
from trainyard.operators.endpoint import EndpointOperator
from trainyard.operators.job import JobOperator
from trainyard.requests.emr import cluster
from trainyard.requests.emr_serverless import account
from trainyard.requests.pipeline import execution
from trainyard.requests.state_machine import machine_execution
from trainyard.spec import Compute, ModelSpec, Search, Serving, Source, Spark, Training
from trainyard.workflows import PIPELINE, STATE_MACHINE

if TYPE_CHECKING:
    from collections.abc import Callable

    from trainyard.aws.runtime import Runtime
    from trainyard.job import Job
    from trainyard.kinds import JobKind, Request
    from trainyard.operators.job import Ended

IMAGE = "local/python:3.11"
#: Below this prefix of the bucket lies what the jobs read; the matrix puts it there.
PREFIX = "crash/"
PIPELINE_NAME = "crash"
LIMIT = timedelta(minutes=10)

SPEC = ModelSpec(
    name="crash",
    source=Source(table="shop.interactions", sql="recommender/interactions.sql"),
    spark=Spark("recommender/build_examples.py", compute=Compute("m5.xlarge", time_limit=LIMIT)),
    training=Training("ncf", IMAGE, {"seconds": 15}, metrics={"score": "score=([0-9.]+);"}),
    search=Search("score", ranges={"seed": (1, 2)}, trials=1, parallel=1),
    gate=Gate("score", at_least=0.0),
    serving=Serving("crash", IMAGE),
)


def hold(path: str) -> str:
    """Stop here, in the worker and before any call, as long as there is a file of that name."""
    while path and Path(path).exists():
        Path(f"{path}.reached").touch()
        time.sleep(0.05)
    return ""


HELD = "{{ hold(params.hold) }}"


def work(kind: str, **timing: Any) -> Any:
    """The task that does the work of a kind, with what must stand before and after it; returns what comes first."""
    if kind == "endpoint":
        return _endpoint(**timing)
    if kind == "cluster":
        return _cluster(**timing)
    if kind == "step":
        return _step(**timing)
    return _operator(kind, **timing)


def processing(task_id: str, **options: Any) -> Any:
    """A processing job without anything around it."""
    return _operator("processing", {"hold": ""}, task_id, **options)


def _operator(kind: str, inputs: dict[str, Any] | None = None, task_id: str = "work", **timing: Any) -> Any:
    job_kind, request = REQUESTS[kind]
    return JobOperator(
        task_id=task_id,
        kind=job_kind,
        spec=SPEC,
        request=request,
        result=_result,
        time_limit=LIMIT,
        inputs={"hold": HELD} | (inputs or {}),
        **timing,
    )


def _result(ended: Ended) -> dict[str, Any]:
    # What a cluster leaves is asked for by its id; nothing looks at the others' results.
    return {"cluster_id": ended.ref.get("ClusterId"), "job": ended.job.name}


def _step(**timing: Any) -> Any:
    first: Any = ready()
    with steps.cluster(SPEC, first) as started:
        _operator("step", {"cluster": started}, **timing)
    return first.operator


def _cluster(**timing: Any) -> Any:
    start: Any = _operator("cluster", **timing).as_setup()
    end: Any = EndClusterOperator(task_id="end_cluster", cluster=start.output)
    with end.as_teardown(setups=start, on_failure_fail_dagrun=True):
        start >> ready()
    return start


def _endpoint(**timing: Any) -> Any:
    version: Any = given_version()
    request = {"sample_request": {"user": "anybody"}, "hold": HELD}
    scores = {"sample_answer": ""}
    EndpointOperator(task_id="work", spec=SPEC, version=version, examples=request, scores=scores, **timing)
    return version.operator


@task
def ready() -> dict[str, str]:
    """Stand for the step before."""
    return {"data": "none"}


@task
def given_version() -> dict[str, Any]:
    """The version that the form names."""
    found: dict[str, Any] = get_current_context()["params"]["version"]
    return found


def _seconds(runtime: Runtime) -> int:
    return int(runtime.context["params"]["seconds"])


def _statement(job: Job, runtime: Runtime) -> Request:
    digits = " union all ".join(f"select {digit} as d" for digit in range(10))
    sql = (
        f"with t as ({digits}), n as (select a.d + 10 * b.d + 100 * c.d + 1000 * d.d + 10000 * e.d as i "
        "from t a, t b, t c, t d, t e) "
        f"select count(*) from n a, n b where a.i < {500 * _seconds(runtime)} and (a.i + b.i) % 7 = 3"
    )
    return job.settings.warehouse.target() | {"Sql": sql}


def _transaction(job: Job, runtime: Runtime) -> Request:
    request = _statement(job, runtime)
    return {key: value for key, value in request.items() if key != "Sql"} | {"Sqls": ["select 1", request["Sql"]]}


def _step_request(job: Job, runtime: Runtime) -> Request:
    arguments = ["sleep", str(_seconds(runtime))]
    step = {"ActionOnFailure": "CONTINUE", "HadoopJarStep": {"Jar": "command-runner.jar", "Args": arguments}}
    return {"JobFlowId": job.inputs["cluster"]["cluster_id"], "Steps": [step]}


def machines(name: str = "InstanceType") -> dict[str, Any]:
    """The smallest machine there is, once."""
    return {name: "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}


def _processing(job: Job, runtime: Runtime) -> Request:
    return {
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["sleep", str(_seconds(runtime))]},
        "ProcessingResources": {"ClusterConfig": machines()},
        "StoppingCondition": {"MaxRuntimeInSeconds": int(LIMIT.total_seconds())},
        "RoleArn": job.settings.roles.processing,
        "Tags": job.tag_list,
    }


def _training(job: Job, runtime: Runtime) -> Request:
    return {
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["sleep", str(_seconds(runtime))],
        },
        "Tags": job.tag_list,
        **_output(job),
    }


def _tuning(job: Job, runtime: Runtime) -> Request:
    script = {"sagemaker_program": '"train.py"', "seconds": str(_seconds(runtime)),
              "sagemaker_submit_directory": f'"s3://{job.run.bucket}/{PREFIX}sourcedir.tar.gz"'}  # fmt: skip
    return {
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "score"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1},
            "ParameterRanges": {"CategoricalParameterRanges": [{"Name": "seed", "Values": ["1", "2"]}]},
        },
        "TrainingJobDefinition": {
            "StaticHyperParameters": script,
            "AlgorithmSpecification": {
                "TrainingImage": IMAGE,
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "score", "Regex": "score=([0-9.]+);"}],
            },
            **_output(job),
        },
        "Tags": job.tag_list,
    }


def _output(job: Job) -> dict[str, Any]:
    return {
        "RoleArn": job.settings.roles.training,
        "OutputDataConfig": {"S3OutputPath": job.place.uri},
        "ResourceConfig": machines(),
        "StoppingCondition": {"MaxRuntimeInSeconds": int(LIMIT.total_seconds())},
    }


def _transform(job: Job, runtime: Runtime) -> Request:
    lines = f"s3://{job.run.bucket}/{PREFIX}lines/{_seconds(runtime)}/"
    return {
        "ModelName": "crash-transform",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": lines}},
            "ContentType": "application/jsonlines",
            "SplitType": "Line",
        },
        "TransformOutput": {"S3OutputPath": job.place.folder("scores"), "AssembleWith": "Line"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        "Tags": job.tag_list,
    }


def _job_run(job: Job, runtime: Runtime) -> Request:
    serverless = account(job)
    script = {"entryPoint": f"s3://{job.run.bucket}/{PREFIX}sleep.py", "entryPointArguments": [str(_seconds(runtime))]}
    return {
        "applicationId": serverless.application,
        "executionRoleArn": serverless.role,
        "executionTimeoutMinutes": 10,
        "jobDriver": {"sparkSubmit": script},
        "tags": dict(sorted(job.tags.items())),
    }


def _pipeline(job: Job, runtime: Runtime) -> Request:
    return execution(job, PIPELINE_NAME, {"Seconds": str(_seconds(runtime))})


def _state_machine(job: Job, runtime: Runtime) -> Request:
    return machine_execution(job, PIPELINE_NAME, {"seconds": _seconds(runtime)})


def machine_definition() -> str:
    """The state machine that the matrix runs: one state, which waits as long as it is told."""
    wait = {"Type": "Wait", "SecondsPath": "$.seconds", "End": True}
    return json.dumps({"StartAt": "Wait", "States": {"Wait": wait}})


def pipeline_definition(role: str) -> str:
    """The pipeline that the matrix runs: one processing step, which lasts as long as it is told."""
    arguments = {
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["sleep", {"Get": "Parameters.Seconds"}]},
        "ProcessingResources": {"ClusterConfig": machines()},
        "RoleArn": role,
    }
    return json.dumps(
        {
            "Version": "2020-12-01",
            "Parameters": [{"Name": "Seconds", "Type": "String", "DefaultValue": "1"}],
            "Steps": [{"Name": "sleep", "Type": "Processing", "Arguments": arguments}],
        }
    )


REQUESTS: dict[str, tuple[JobKind, Callable[[Job, Runtime], Request]]] = {
    "statement": (STATEMENT, _statement),
    "transaction": (TRANSACTION, _transaction),
    "cluster": (CLUSTER, lambda job, _runtime: cluster(job)),
    "step": (STEP, _step_request),
    "processing": (PROCESSING, _processing),
    "training": (TRAINING, _training),
    "tuning": (TUNING, _tuning),
    "transform": (TRANSFORM, _transform),
    "job_run": (JOB_RUN, _job_run),
    "pipeline": (PIPELINE, _pipeline),
    "state_machine": (STATE_MACHINE, _state_machine),
}
KINDS = (
    "statement",
    "transaction",
    "cluster",
    "step",
    "processing",
    "training",
    "tuning",
    "transform",
    "endpoint",
    "job_run",
    "pipeline",
    "state_machine",
)

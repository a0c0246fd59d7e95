"""The kinds of job that Trainyard runs, each in the words of its service. See ``kinds`` for what the words are for."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from trainyard.errors import InputError
from trainyard.kinds import JobKind, ListedKind, NamedKind
from trainyard.names import TUNING_LIMIT
from trainyard.workflows import PIPELINE, STATE_MACHINE

if TYPE_CHECKING:
    from collections.abc import Mapping


def _sagemaker(key: str, noun: str, head: str, page: str, **more: Any) -> NamedKind:
    """Return a kind of SageMaker job; they differ in three words only."""
    return NamedKind(
        key=key,
        service="sagemaker",
        create=f"create_{noun}",
        describe=f"describe_{noun}",
        stop=f"stop_{noun}",
        name_key=f"{head}Name",
        status=(f"{head}Status",),
        running=frozenset({"InProgress", "Stopping"}),
        succeeded=frozenset({"Completed"}),
        failed=frozenset({"Failed", "Deleting", "DeleteFailed"}),
        stopped=frozenset({"Stopped"}),
        console=f"sagemaker/home?region={{region}}#/{page}/{{{head}Name}}",
        **({"reason": (("FailureReason",), ("ExitMessage",)), "environment": ("Environment",)} | more),
    )


TRAINING = _sagemaker(
    "training",
    "training_job",
    "TrainingJob",
    "jobs",
    progress=(("SecondaryStatus",),),
    log_group="/aws/sagemaker/TrainingJobs",
)
TUNING = _sagemaker(
    "tuning",
    "hyper_parameter_tuning_job",
    "HyperParameterTuningJob",
    "hyper-tuning-jobs",
    limit=TUNING_LIMIT,
    progress=(("TrainingJobStatusCounters",),),
    environment=("TrainingJobDefinition", "Environment"),
)
PROCESSING = _sagemaker(
    "processing", "processing_job", "ProcessingJob", "processing-jobs", log_group="/aws/sagemaker/ProcessingJobs"
)
TRANSFORM = _sagemaker(
    "transform", "transform_job", "TransformJob", "transform-jobs", log_group="/aws/sagemaker/TransformJobs"
)

STATEMENT = ListedKind(
    key="statement",
    service="redshift-data",
    create="execute_statement",
    describe="describe_statement",
    stop="cancel_statement",
    status=("Status",),
    running=frozenset({"SUBMITTED", "PICKED", "STARTED"}),
    succeeded=frozenset({"FINISHED"}),
    failed=frozenset({"FAILED"}),
    stopped=frozenset({"ABORTED"}),
    reason=(("Error",),),
    lists="list_statements",
    items="Statements",
    name_key="StatementName",
    list_params=lambda _request, name: {"StatementName": name, "Status": "ALL"},
    created=lambda request, name: request | {"StatementName": name, "ClientToken": sha256(name.encode()).hexdigest()},
    ref_of=lambda _request, reply: {"Id": reply["Id"]},
    has_token=True,
)

#: Several statements, all of them or none.
TRANSACTION = replace(
    STATEMENT,
    key="transaction",
    create="batch_execute_statement",
)

_ALIVE = ("STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING")

CLUSTER = ListedKind(
    key="cluster",
    service="emr",
    create="run_job_flow",
    describe="describe_cluster",
    stop="terminate_job_flows",
    status=("Cluster", "Status", "State"),
    running=frozenset({"STARTING", "BOOTSTRAPPING"}),
    succeeded=frozenset({"RUNNING", "WAITING"}),  # ready for steps
    failed=frozenset({"TERMINATED_WITH_ERRORS", "TERMINATING"}),
    stopped=frozenset({"TERMINATED"}),
    reason=(("Cluster", "Status", "StateChangeReason", "Code"), ("Cluster", "Status", "StateChangeReason", "Message")),
    lists="list_clusters",
    items="Clusters",
    list_params=lambda _request, _name: {"ClusterStates": list(_ALIVE)},
    created=lambda request, name: request | {"Name": name},
    ref_of=lambda _request, reply: {"ClusterId": reply.get("JobFlowId") or reply["Id"]},
    stop_shape=lambda ref: {"JobFlowIds": [ref["ClusterId"]]},
    outlives=True,
    console="emr/home?region={region}#/clusterDetails/{ClusterId}",
)

CLUSTER_END = JobKind(
    key="cluster_end",
    service="emr",
    create="terminate_job_flows",
    describe="describe_cluster",
    stop="terminate_job_flows",
    status=("Cluster", "Status", "State"),
    running=frozenset({*_ALIVE, "TERMINATING"}),
    succeeded=frozenset({"TERMINATED", "TERMINATED_WITH_ERRORS"}),
    failed=frozenset(),
    console="emr/home?region={region}#/clusterDetails/{ClusterId}",
)

STEP = ListedKind(
    key="step",
    service="emr",
    create="add_job_flow_steps",
    describe="describe_step",
    stop="cancel_steps",
    status=("Step", "Status", "State"),
    running=frozenset({"PENDING", "RUNNING", "CANCEL_PENDING"}),
    succeeded=frozenset({"COMPLETED"}),
    failed=frozenset({"FAILED", "INTERRUPTED"}),
    stopped=frozenset({"CANCELLED"}),
    reason=(
        ("Step", "Status", "FailureDetails", "Reason"),
        ("Step", "Status", "FailureDetails", "Message"),
        ("Step", "Status", "StateChangeReason", "Message"),
    ),
    lists="list_steps",
    items="Steps",
    list_params=lambda request, _name: {"ClusterId": request["JobFlowId"]},
    created=lambda request, name: request | {"Steps": [request["Steps"][0] | {"Name": name}]},
    ref_of=lambda request, reply: {
        "ClusterId": request["JobFlowId"],
        "StepId": reply["StepIds"][0] if "StepIds" in reply else reply["Id"],
    },
    stop_shape=lambda ref: {
        "ClusterId": ref["ClusterId"],
        "StepIds": [ref["StepId"]],
        "StepCancellationOption": "TERMINATE_PROCESS",
    },
    console="emr/home?region={region}#/clusterDetails/{ClusterId}",
)

JOB_RUN = ListedKind(
    key="job_run",
    service="emr-serverless",
    create="start_job_run",
    describe="get_job_run",
    stop="cancel_job_run",
    status=("jobRun", "state"),
    running=frozenset({"SUBMITTED", "PENDING", "SCHEDULED", "QUEUED", "RUNNING", "CANCELLING"}),
    succeeded=frozenset({"SUCCESS"}),
    failed=frozenset({"FAILED"}),
    stopped=frozenset({"CANCELLED"}),
    reason=(("jobRun", "stateDetails"),),
    lists="list_job_runs",
    items="jobRuns",
    name_key="name",
    list_params=lambda request, _name: {"applicationId": request["applicationId"]},
    created=lambda request, name: request | {"name": name, "clientToken": sha256(name.encode()).hexdigest()},
    ref_of=lambda request, reply: {
        "applicationId": request["applicationId"],
        "jobRunId": reply.get("jobRunId") or reply["id"],
    },
    has_token=True,
)

ENDPOINT = JobKind(
    key="endpoint",
    service="sagemaker",
    create="create_endpoint",
    describe="describe_endpoint",
    stop="",  # an update that goes on behind a dead task ends by itself, live or rolled back; cutting it would not help
    status=("EndpointStatus",),
    running=frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack"}),
    succeeded=frozenset({"InService"}),
    failed=frozenset({"Failed", "OutOfService", "UpdateRollbackFailed", "Deleting"}),
    reason=(("FailureReason",),),
    log_group="/aws/sagemaker/Endpoints",
    console="sagemaker/home?region={region}#/endpoints/{EndpointName}",
)

KINDS: Mapping[str, JobKind] = {
    kind.key: kind
    for kind in (
        TRAINING, TUNING, PROCESSING, TRANSFORM, STATEMENT, TRANSACTION,
        CLUSTER, CLUSTER_END, STEP, JOB_RUN, PIPELINE, STATE_MACHINE, ENDPOINT,
    )
}  # fmt: skip


def kind_of(key: str) -> JobKind:
    """Return a kind by its key.

    Raises:
        InputError: for a key that no kind has, e.g. one kept by a triggerer of another version.
    """
    try:
        return KINDS[key]
    except KeyError:
        raise InputError(f"There is no kind of job {key!r}. Known: {', '.join(sorted(KINDS))}.") from None

"""What there is in the account that costs while it is there and carries our tags, whoever made it.

This lists, which nothing in a pipeline's way does: it is for sweeping up.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainyard.aws.calls import Absent, call, listed
from trainyard.catalog import CLUSTER, ENDPOINT, JOB_RUN, PROCESSING, STATEMENT, TRAINING, TRANSFORM, TUNING
from trainyard.kinds import dig
from trainyard.leftovers import Found
from trainyard.owners import signed
from trainyard.workflows import PIPELINE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainyard.aws.clients import Aws
    from trainyard.kinds import NamedKind, Path
    from trainyard.settings import Settings


def running(aws: Aws, settings: Settings) -> Iterator[Found]:
    """Yield every job and cluster that runs and carries our tags."""
    sagemaker = aws.client("sagemaker")
    for listing in _SAGEMAKER:
        yield from _sagemaker_jobs(sagemaker, listing)
    yield from _pipelines(sagemaker)
    yield from _statements(aws.client("redshift-data"))
    yield from _clusters(aws.client("emr"))
    if settings.emr_serverless:
        yield from _job_runs(aws.client("emr-serverless"), settings.emr_serverless.application)


@dataclass(frozen=True)
class _Listing:
    """How a kind of SageMaker job is listed, and where a description says what it runs on."""

    kind: NamedKind
    method: str
    noun: str
    machines: Path
    parallel: Path = ()


_SAGEMAKER = (
    _Listing(TUNING, "list_hyper_parameter_tuning_jobs", "HyperParameterTuningJob",
             ("TrainingJobDefinition", "ResourceConfig"),
             ("HyperParameterTuningJobConfig", "ResourceLimits", "MaxParallelTrainingJobs")),
    _Listing(TRAINING, "list_training_jobs", "TrainingJob", ("ResourceConfig",)),
    _Listing(PROCESSING, "list_processing_jobs", "ProcessingJob", ("ProcessingResources", "ClusterConfig")),
    _Listing(TRANSFORM, "list_transform_jobs", "TransformJob", ("TransformResources",)),
)  # fmt: skip


def _sagemaker_jobs(client: Any, listing: _Listing) -> Iterator[Found]:
    kind, noun = listing.kind, listing.noun
    for item in listed(client, listing.method, f"{noun}Summaries", "running jobs", StatusEquals="InProgress"):
        name, tags = item[f"{noun}Name"], _tags(client, item[f"{noun}Arn"])
        if not tags:
            continue
        description = call(client, kind.describe, name, **kind.ref(name))
        if description.get("TuningJobArn"):
            continue  # a trial ends with its tuning job, which holds the machines
        config = dig(description, listing.machines) or {}
        count = int(config.get("InstanceCount", 1)) * int(dig(description, listing.parallel or ("",)) or 1)
        machines = {config["InstanceType"]: count} if config.get("InstanceType") else {}
        yield Found(kind.key, name, kind.ref(name), item["CreationTime"].timestamp(), tags, machines)


def _tags(client: Any, arn: str) -> dict[str, str]:
    """Return our tags of an object of SageMaker; none when it is gone meanwhile."""
    with suppress(Absent):
        return _ours(listed(client, "list_tags", "Tags", arn, ResourceArn=arn))
    return {}


def _ours(tags: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags if tag["Key"].startswith("trainyard:")}


def _pipelines(client: Any) -> Iterator[Found]:
    for pipeline in listed(client, "list_pipelines", "PipelineSummaries", "pipelines"):
        name = pipeline["PipelineName"]
        for item in listed(client, PIPELINE.lists, PIPELINE.items, name, PipelineName=name):
            if item.get("PipelineExecutionStatus") not in PIPELINE.running:
                continue
            arn = item["PipelineExecutionArn"]
            said = call(client, PIPELINE.describe, arn, PipelineExecutionArn=arn).get(
                "PipelineExecutionDescription", ""
            )
            if tags := signed(said):
                yield Found(PIPELINE.key, item.get("PipelineExecutionDisplayName", ""), {"PipelineExecutionArn": arn},
                            item["StartTime"].timestamp(), tags)  # fmt: skip


def _statements(client: Any) -> Iterator[Found]:
    for status in sorted(STATEMENT.running):
        for item in listed(client, STATEMENT.lists, STATEMENT.items, "running statements", Status=status):
            if tags := signed(item.get("QueryString", "")):
                name, created = item.get("StatementName", ""), item["CreatedAt"].timestamp()
                yield Found(STATEMENT.key, name, {"Id": item["Id"]}, created, tags)


def _clusters(client: Any) -> Iterator[Found]:
    states = [*CLUSTER.list_params({}, "")["ClusterStates"]]
    for item in listed(client, CLUSTER.lists, CLUSTER.items, "live clusters", ClusterStates=states):
        cluster = call(client, CLUSTER.describe, item["Id"], ClusterId=item["Id"])["Cluster"]
        if not (tags := _ours(cluster.get("Tags", []))):
            continue
        created = item["Status"]["Timeline"]["CreationDateTime"].timestamp()
        ref = {"ClusterId": item["Id"]}
        yield Found(CLUSTER.key, item["Name"], ref, created, tags, _machines(client, cluster), outlives=True)


def _machines(client: Any, cluster: dict[str, Any]) -> dict[str, int]:
    if cluster.get("InstanceCollectionType") != "INSTANCE_GROUP":
        return {}
    counts: Counter[str] = Counter()
    for group in listed(client, "list_instance_groups", "InstanceGroups", cluster["Id"], ClusterId=cluster["Id"]):
        counts[group["InstanceType"]] += int(group["RequestedInstanceCount"])
    return dict(counts)


def _job_runs(client: Any, application: str) -> Iterator[Found]:
    states = sorted(JOB_RUN.running)
    for item in listed(client, JOB_RUN.lists, JOB_RUN.items, application, applicationId=application, states=states):
        ref = {"applicationId": application, "jobRunId": item["id"]}
        run = call(client, JOB_RUN.describe, item["id"], **ref)["jobRun"]
        tags = {key: value for key, value in run.get("tags", {}).items() if key.startswith("trainyard:")}
        if tags:
            yield Found(JOB_RUN.key, item.get("name", ""), ref, item["createdAt"].timestamp(), tags)


def endpoints(aws: Aws) -> Iterator[Found]:
    """Yield every endpoint that carries our tags, whatever its state."""
    client = aws.client("sagemaker")
    for item in listed(client, "list_endpoints", "Endpoints", "endpoints"):
        name = item["EndpointName"]
        if not (tags := _tags(client, item["EndpointArn"])):
            continue
        with suppress(Absent):  # deleted meanwhile
            described = call(client, ENDPOINT.describe, name, EndpointName=name)
            machines: Counter[str] = Counter()
            for variant in _variants(client, described["EndpointConfigName"]):
                if "InstanceType" in variant:
                    machines[variant["InstanceType"]] += int(variant.get("InitialInstanceCount", 1))
            created = item["CreationTime"].timestamp()
            yield Found(ENDPOINT.key, name, {"EndpointName": name}, created, tags, dict(machines))


def _variants(client: Any, config: str) -> list[dict[str, Any]]:
    found = call(client, "describe_endpoint_config", config, EndpointConfigName=config)
    variants: list[dict[str, Any]] = found["ProductionVariants"]
    return variants


def models_with_configs(aws: Aws, bucket: str) -> list[str]:
    """Return the models that have endpoint configs of this Airflow's, in order."""
    client = aws.client("sagemaker")
    models = set()
    for item in listed(client, "list_endpoint_configs", "EndpointConfigs", "endpoint configs"):
        tags = _tags(client, item["EndpointConfigArn"])
        if tags.get("trainyard:bucket") == bucket:
            models.add(tags.get("trainyard:model", ""))
    return sorted(models - {""})

"""The last lines of a job's log, from wherever its service keeps them."""

from __future__ import annotations

import gzip
import logging
from typing import TYPE_CHECKING, Any

from trainyard.aws.calls import Absent, acall, call
from trainyard.catalog import JOB_RUN, STEP
from trainyard.errors import AwsFailure
from trainyard.kinds import JobKind, NamedKind, Ref, dig
from trainyard.paths import split
from trainyard.workflows import PIPELINE

if TYPE_CHECKING:
    from trainyard.aws.clients import Aws

log = logging.getLogger(__name__)


def where(kind: JobKind, ref: Ref) -> str:
    """Say where a job's whole log is, for a person."""
    if kind.log_group:
        return f"CloudWatch log group {kind.log_group}, streams {_prefix(kind, ref)}*"
    if kind is STEP:
        return f"{ref['ClusterId']}/steps/{ref['StepId']}/ below the cluster's LogUri"
    if kind is JOB_RUN:
        return f"{_driver(ref)} below the run's logUri"
    return ""


def tail(aws: Aws, kind: JobKind, ref: Ref, lines: int) -> list[str]:
    """Return the last lines of a job's log. A log that cannot be read is no failure of the job: it is only said."""
    try:
        if kind.log_group:
            return _cloudwatch(aws, kind, ref, lines)
        if kind is STEP:
            return _emr(aws, ref, lines)
        if kind is JOB_RUN:
            return _serverless(aws, ref, lines)
        if kind is PIPELINE:
            return _pipeline(aws, ref)
    except AwsFailure as error:
        log.warning("The job's log could not be read: %s", error)
    return []


async def newest_line(client: Any, kind: JobKind, ref: Ref) -> str:
    """Return the newest line of a job's log, in the triggerer."""
    prefix = _prefix(kind, ref)
    try:
        streams = await acall(
            client, "describe_log_streams", prefix, logGroupName=kind.log_group, logStreamNamePrefix=prefix
        )
        names = [stream["logStreamName"] for stream in streams.get("logStreams", [])]
        if not names:
            return ""
        reply = await acall(client, "get_log_events", names[0], logGroupName=kind.log_group, logStreamName=names[0],
                            limit=1, startFromHead=False)  # fmt: skip
    except AwsFailure as error:
        log.debug("The job's log could not be read: %s", error)
        return ""
    return " | ".join(str(event["message"]).rstrip() for event in reply.get("events", []))


def _prefix(kind: JobKind, ref: Ref) -> str:
    return f"{ref[kind.name_key]}/" if isinstance(kind, NamedKind) else ""


def _cloudwatch(aws: Aws, kind: JobKind, ref: Ref, lines: int) -> list[str]:
    client, prefix = aws.client("logs"), _prefix(kind, ref)
    if not prefix:
        return []
    try:
        streams = call(client, "describe_log_streams", prefix, logGroupName=kind.log_group, logStreamNamePrefix=prefix)
    except Absent:
        return []  # the job ended before it wrote a line
    found: list[str] = []
    for stream in streams.get("logStreams", []):
        name = stream["logStreamName"]
        reply = call(client, "get_log_events", name, logGroupName=kind.log_group, logStreamName=name,
                     limit=lines, startFromHead=False)  # fmt: skip
        found += [str(event["message"]).rstrip() for event in reply.get("events", [])][-lines:]
    return found


def _emr(aws: Aws, ref: Ref, lines: int) -> list[str]:
    """Read the step's stderr and stdout. AWS copies them to S3 every few minutes: the very end may be missing."""
    cluster = call(aws.client("emr"), "describe_cluster", ref["ClusterId"], ClusterId=ref["ClusterId"])["Cluster"]
    uri = str(cluster.get("LogUri", "")).replace("s3n://", "s3://").rstrip("/")
    return _shipped(aws, f"{uri}/{ref['ClusterId']}/steps/{ref['StepId']}/", lines)


def _serverless(aws: Aws, ref: Ref, lines: int) -> list[str]:
    """Read what the run's driver said, where the run was told to leave it."""
    run = call(aws.client("emr-serverless"), "get_job_run", ref["jobRunId"], **ref)["jobRun"]
    monitored = ("configurationOverrides", "monitoringConfiguration", "s3MonitoringConfiguration", "logUri")
    return _shipped(aws, f"{str(dig(run, monitored) or '').rstrip('/')}/{_driver(ref)}", lines)


def _pipeline(aws: Aws, ref: Ref) -> list[str]:
    """Read how the steps ended: an execution's own reason does not say which of them failed, or why."""
    reply = call(aws.client("sagemaker"), "list_pipeline_execution_steps", ref["PipelineExecutionArn"], **ref,
                 SortOrder="Ascending", MaxResults=100)  # fmt: skip
    return [
        " ".join((step["StepName"], step["StepStatus"], step.get("FailureReason", ""))).rstrip()
        for step in reply["PipelineExecutionSteps"]
    ]


def _driver(ref: Ref) -> str:
    return f"applications/{ref['applicationId']}/jobs/{ref['jobRunId']}/SPARK_DRIVER/"


def _shipped(aws: Aws, folder: str, lines: int) -> list[str]:
    found: list[str] = []
    for name in ("stderr.gz", "stdout.gz"):
        try:
            bucket, key = split(f"{folder}{name}")
            body = call(aws.client("s3"), "get_object", key, Bucket=bucket, Key=key)["Body"].read()
        except (Absent, ValueError):
            continue
        found += gzip.decompress(body).decode(errors="replace").splitlines()[-lines:]
    return found

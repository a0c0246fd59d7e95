"""build_examples: from rows to what a model is trained, tested and scored on."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

from trainyard.aws.calls import call
from trainyard.catalog import JOB_RUN, STEP
from trainyard.errors import InputError, ManifestError
from trainyard.operators.job import JobOperator
from trainyard.requests.emr import spark_step
from trainyard.requests.emr_serverless import account, job_run

if TYPE_CHECKING:
    from airflow.sdk import XComArg

    from trainyard.aws.objects import Objects
    from trainyard.aws.runtime import Runtime
    from trainyard.job import Job
    from trainyard.kinds import Request
    from trainyard.manifests import Manifest
    from trainyard.operators.job import Ended
    from trainyard.spec import ModelSpec

SCORED = "score_requests"  # the folder of what is scored in batch; every other one holds examples


def build_examples(spec: ModelSpec, cluster: XComArg | None, source: XComArg) -> XComArg:
    """Run the model's Spark job on the cluster, or on EMR Serverless where there is none, and publish its manifest.

    Returns ``manifest``, ``digest``, ``examples`` and ``score_requests`` (URIs of the manifests that SageMaker reads),
    ``sample_request`` (one request, to ask an endpoint with), ``summary`` (the job's own counts), ``rows``, ``bytes``,
    ``seconds``, ``job``. When filtering leaves no rows, the run ends here, skipped and green.
    """
    serverless = cluster is None
    return JobOperator(
        task_id="build_examples",
        kind=JOB_RUN if serverless else STEP,
        spec=spec,
        inputs={"source": source} if serverless else {"cluster": cluster, "source": source},
        request=_request,
        result=_result,
        before=_check_release if serverless else None,
        time_limit=spec.spark.compute.time_limit,
        pool=spec.spark.compute.pool,
    ).output


def _request(job: Job, _runtime: Runtime) -> Request:
    source = job.inputs["source"]["data"]
    if "cluster" not in job.inputs:
        return job_run(job, source)
    return spark_step(job, job.inputs["cluster"]["cluster_id"], source)


def _check_release(job: Job, runtime: Runtime) -> None:
    """Refuse to run on another Spark than the model's: on EMR Serverless the application decides the release."""
    application, wanted = account(job).application, job.spec.spark.release
    client = runtime.aws.client("emr-serverless")
    found = call(client, "get_application", application, applicationId=application)["application"]["releaseLabel"]
    if found != wanted:
        raise InputError(
            f"{job.spec.name} asks for {wanted} (Spark.release), but the EMR Serverless application {application} has "
            f"{found}. Update the application, name another one in the Airflow Variable, or change the model."
        )


def _result(ended: Ended) -> dict[str, Any]:
    job, objects = ended.job, ended.runtime.objects
    summary = objects.read_json(f"{job.place.uri}summary.json")
    manifest = job.manifest(
        objects.listing(job.place.uri),
        now=datetime.now(UTC),
        made_from=[job.inputs["source"]["manifest"]],
        rows=0 if summary["outcome"] == "empty" else int(summary["train_rows"]),
        facts=summary,
    )
    if manifest.outcome == "empty":
        objects.publish(job.place, manifest)
        reason = f"Partition {job.run.partition}: filtering left no examples ({summary}). Nothing is learned from it."
        ended.runtime.ti.xcom_push(key="outcome", value={"outcome": "empty", "reason": reason, "summary": summary})
        raise AirflowSkipException(reason)
    told = _channels(objects, manifest, job.place.uri, job.place.bucket)
    objects.publish(job.place, manifest)
    return told | {
        "manifest": job.place.manifest,
        "digest": manifest.digest,
        "summary": summary,
        "rows": manifest.rows,
        "bytes": manifest.size,
        "seconds": _seconds(ended.description),
        "job": job.name,
    }


def _channels(objects: Objects, manifest: Manifest, place: str, bucket: str) -> dict[str, Any]:
    """Write the manifests by which SageMaker's jobs read exactly the files of this manifest."""
    examples, requests = f"{place}examples.manifest", f"{place}score_requests.manifest"
    lines = manifest.channel(bucket, SCORED)
    if len(lines) < 2:
        raise ManifestError(f"{place}{SCORED}/ holds no requests to score")
    learned = [folder for folder in manifest.folders() if folder != SCORED]
    objects.write_json(examples, manifest.channel(bucket, *learned))
    objects.write_json(requests, lines)
    first = objects.first_line(f"{lines[0]['prefix']}{lines[1]}")
    return {"examples": examples, "score_requests": requests, "sample_request": json.loads(first)}


def _seconds(description: dict[str, Any]) -> float:
    if "jobRun" in description:
        return float(description["jobRun"].get("totalExecutionDurationSeconds", 0))
    timeline = description["Step"]["Status"].get("Timeline", {})
    start, end = timeline.get("StartDateTime"), timeline.get("EndDateTime")
    return round((end - start).total_seconds(), 3) if start and end else 0.0

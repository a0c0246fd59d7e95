"""build_examples: from rows to what a model is trained, tested and scored on."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from trainyard.aws.calls import call
from trainyard.aws.skips import skip
from trainyard.catalog import JOB_RUN, STEP
from trainyard.errors import InputError, ManifestError
from trainyard.operators.job import JobOperator
from trainyard.outcomes import EMPTY
from trainyard.requests.emr import spark_step
from trainyard.requests.emr_serverless import account, job_run
from trainyard.steps.assets import examples_asset, tell

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
ENCODING = "/encoding/encoding.json"  # how a Spark job says what it learned from the train rows alone


def build_examples(
    spec: ModelSpec, cluster: XComArg | None, source: XComArg, champion: XComArg | None = None
) -> XComArg:
    """Run the model's Spark job on the cluster, or on EMR Serverless where there is none, and publish its manifest.

    Its ``summary.json``, written last, says ``outcome`` (complete, empty) and counts; ``rows`` is the one that the
    manifest takes. With a champion the job gets ``--encoding``: the one that the live model was trained with.

    Returns ``manifest``, ``digest``, ``examples`` and ``score_requests`` (URIs of the manifests that SageMaker reads),
    ``channels`` (that of each folder that holds examples), ``encoding`` (URI, where there is one), ``sample_request``
    (one request, to ask an endpoint with), ``summary`` (the job's own counts), ``rows``, ``bytes``, ``seconds``,
    ``job``. When filtering leaves no rows, the run ends here, skipped and green. Training data has an asset, whose
    event tells of it.
    """
    serverless = cluster is None
    given = {"cluster": cluster, "source": source, "champion": champion}
    return JobOperator(
        task_id="build_examples",
        kind=JOB_RUN if serverless else STEP,
        spec=spec,
        inputs={name: value for name, value in given.items() if value is not None},
        request=_request,
        result=_result,
        before=_check_release if serverless else None,
        time_limit=spec.spark.compute.time_limit,
        pool=spec.spark.compute.pool,
        outlets=[] if champion is not None else [examples_asset(spec)],  # what a champion scores trains nobody
        post_execute=tell,
    ).output


def _request(job: Job, _runtime: Runtime) -> Request:
    called_with = options(job)
    if "cluster" not in job.inputs:
        return job_run(job, called_with)
    return spark_step(job, job.inputs["cluster"]["cluster_id"], called_with)


def options(job: Job) -> dict[str, str]:
    """Return what the Spark job reads, by option: the manifest of each dataset, and the champion's encoding.

    Raises:
        InputError: when the champion has none; rows that are encoded in another way would be scored wrongly.
    """
    datasets = job.inputs["source"]["datasets"]
    found = {name or "input": told["data"] for name, told in datasets.items()}
    if champion := job.inputs.get("champion"):
        if not champion["encoding"]:
            raise InputError(
                f"Version {champion['model_version']}, which is live at {champion['endpoint']}, was registered without "
                f"an encoding: nobody knows how its rows were encoded. Remedy: let the DAG that trains {job.spec.name} "
                "put a new version live; then clear the task that looked up what is live."
            )
        found["encoding"] = champion["encoding"]
    return found


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
        made_from=[told["manifest"] for told in job.inputs["source"]["datasets"].values()],
        rows=0 if summary["outcome"] == "empty" else int(summary["rows"]),
        facts=summary,
    )
    if manifest.outcome == "empty":
        objects.publish(job.place, manifest)
        reason = f"Partition {job.run.partition}: filtering left no examples ({summary}). Nothing is learned from it."
        skip(ended.runtime, reason, EMPTY, summary=summary)
    told = _channels(objects, manifest, job)
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


def _channels(objects: Objects, manifest: Manifest, job: Job) -> dict[str, Any]:
    """Write the manifests by which SageMaker's jobs read exactly the files of this manifest."""
    place, bucket = job.place.uri, job.place.bucket
    requests = manifest.channel(bucket, SCORED)
    if len(requests) < 2:
        raise ManifestError(f"{place}{SCORED}/ holds no requests to score")
    learned = [folder for folder in manifest.folders() if folder != SCORED]
    wanted = {"examples": learned, **{folder: [folder] for folder in manifest.folders()}}
    uris = {name: f"{place}{name}.manifest" for name, folders in wanted.items() if folders}
    for name, uri in uris.items():
        objects.write_json(uri, manifest.channel(bucket, *wanted[name]))
    encodings = [file.key for file in manifest.files if file.key.endswith(ENCODING)]
    encoding = f"s3://{bucket}/{encodings[0]}" if encodings else job.inputs.get("champion", {}).get("encoding")
    first = objects.first_line(f"{requests[0]['prefix']}{requests[1]}")
    return {
        "examples": uris.get("examples"),
        "score_requests": uris[SCORED],
        "channels": {name: uris[name] for name in learned},
        "encoding": encoding,
        "sample_request": sample(first, job.spec),
    }


def sample(line: str, spec: ModelSpec) -> Any:
    """Return what the endpoint is asked for a line of the batch: JSON, or CSV without the key that goes before it."""
    if spec.serving.content_type == "application/json":
        return json.loads(line)
    return line.partition(",")[2] if spec.scores else line


def _seconds(description: dict[str, Any]) -> float:
    if "jobRun" in description:
        return float(description["jobRun"].get("totalExecutionDurationSeconds", 0))
    timeline = description["Step"]["Status"].get("Timeline", {})
    start, end = timeline.get("StartDateTime"), timeline.get("EndDateTime")
    return round((end - start).total_seconds(), 3) if start and end else 0.0

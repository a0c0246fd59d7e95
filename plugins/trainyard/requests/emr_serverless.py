"""A Spark job run on EMR Serverless."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainyard.errors import SettingsError
from trainyard.requests.emr import program
from trainyard.settings import VARIABLE, Serverless

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainyard.job import Job

LEAST_MINUTES = 5  # the service takes no shorter time limit
DISK_GB = (20, 200)  # what a worker's disk may have (user guide, "Worker configurations")


def account(job: Job) -> Serverless:
    """Return the account's application and role.

    Raises:
        SettingsError: when the account names none.
    """
    if job.settings.emr_serverless is None:
        raise SettingsError(
            f"{job.spec.name} runs its Spark job on EMR Serverless, but {VARIABLE}.emr_serverless is missing. Add "
            '{"application": ..., "role": ...} to the Airflow Variable; the outputs of infra\'s stack hold the values.'
        )
    return job.settings.emr_serverless


def job_run(job: Job, options: Mapping[str, str]) -> dict[str, Any]:
    """Return the StartJobRun of the model's Spark job.

    Args:
        job: the step; its place gets the output.
        options: what it reads: the URI of a manifest by option.
    """
    settings, compute = job.settings, job.spec.spark.compute
    serverless = account(job)
    entry_point, *arguments = program(job, options)
    return {
        "applicationId": serverless.application,
        "executionRoleArn": serverless.role,
        "executionTimeoutMinutes": max(LEAST_MINUTES, -(-compute.seconds // 60)),
        "jobDriver": {
            "sparkSubmit": {
                "entryPoint": entry_point,
                "entryPointArguments": arguments,
                "sparkSubmitParameters": _workers(compute.instance_count, compute.volume_gb),
            }
        },
        "configurationOverrides": {
            "applicationConfiguration": [
                {"classification": "spark-defaults", "properties": _encryption(settings.kms_key)}
            ],
            "monitoringConfiguration": {
                "s3MonitoringConfiguration": {
                    "logUri": f"s3://{settings.bucket}/logs/emr-serverless/",
                    "encryptionKeyArn": settings.kms_key,
                }
            },
        },
        "tags": dict(sorted(job.tags.items())),
    }


def _encryption(key: str) -> dict[str, str]:
    """Return the properties by which what Spark writes is encrypted, whichever of EMR's two S3 connectors writes it."""
    return {
        "spark.hadoop.fs.s3.enableServerSideEncryption": "true",
        "spark.hadoop.fs.s3.serverSideEncryption.kms.keyId": key,
        "spark.hadoop.fs.s3a.encryption.algorithm": "SSE-KMS",
        "spark.hadoop.fs.s3a.encryption.key": key,
    }


def _workers(count: int, volume_gb: int) -> str:
    """Return spark-submit's parameters: at most so many executors of the service's usual size, with such disks."""
    disk = min(max(volume_gb, DISK_GB[0]), DISK_GB[1])
    properties = {
        "spark.dynamicAllocation.initialExecutors": 1,
        "spark.dynamicAllocation.maxExecutors": count,
        "spark.emr-serverless.executor.disk": f"{disk}g",
    }
    return " ".join(f"--conf {name}={value}" for name, value in properties.items())

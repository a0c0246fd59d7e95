"""An EMR cluster that ends by itself, and a Spark step on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainyard.job import Job

IDLE_SECONDS = 900  # a cluster that nobody ends ends after this


def cluster(job: Job) -> dict[str, Any]:
    """Return the RunJobFlow of a cluster for one run."""
    settings = job.settings
    encryption = {
        "fs.s3.enableServerSideEncryption": "true",
        "fs.s3.serverSideEncryption.kms.keyId": settings.kms_key,
    }
    return {
        "ReleaseLabel": job.spec.spark.release,
        "Applications": [{"Name": "Spark"}],
        "Instances": _instances(job),
        "Configurations": [{"Classification": "emrfs-site", "Properties": encryption}],
        "ServiceRole": settings.roles.emr_service,
        "JobFlowRole": settings.roles.emr_ec2,
        "LogUri": f"s3://{settings.bucket}/logs/emr/",
        "AutoTerminationPolicy": {"IdleTimeout": IDLE_SECONDS},
        "StepConcurrencyLevel": 1,
        "VisibleToAllUsers": True,
        # The tag that AWS's managed EMR policies, and ours, ask of a cluster that they may touch.
        "Tags": [*job.tag_list, {"Key": "for-use-with-amazon-emr-managed-policies", "Value": "true"}],
    }


def _instances(job: Job) -> dict[str, Any]:
    """Return the cluster's machines: one primary, and the core nodes that the model asks for."""
    compute = job.spec.spark.compute
    disk = {
        "VolumeSpecification": {"VolumeType": "gp3", "SizeInGB": compute.volume_gb},
        "VolumesPerInstance": 1,
    }
    machine = {
        "InstanceType": job.instance_type("build_examples", compute.instance_type),
        "Market": "ON_DEMAND",
        "EbsConfiguration": {"EbsBlockDeviceConfigs": [disk]},
    }
    groups = (("Primary", "MASTER", 1), ("Core", "CORE", compute.instance_count))
    instances: dict[str, Any] = {
        "InstanceGroups": [
            {"Name": name, "InstanceRole": role, "InstanceCount": count} | machine for name, role, count in groups
        ],
        "KeepJobFlowAliveWhenNoSteps": True,
        "TerminationProtected": False,
    }
    if job.settings.subnets:
        # With instance groups a cluster stands in one subnet; several are a choice that only instance fleets have.
        instances["Ec2SubnetId"] = job.settings.subnets[0]
    return instances


def spark_step(job: Job, cluster_id: str, options: Mapping[str, str]) -> dict[str, Any]:
    """Return the AddJobFlowSteps of the model's Spark job.

    Args:
        job: the step; its place gets the output.
        cluster_id: where it runs.
        options: what it reads: the URI of a manifest by option.
    """
    return {
        "JobFlowId": cluster_id,
        "Steps": [
            {
                # A step that fails must not leave a queue behind that runs on half of its input.
                "ActionOnFailure": "CANCEL_AND_WAIT",
                "HadoopJarStep": {
                    "Jar": "command-runner.jar",
                    "Args": ["spark-submit", "--deploy-mode", "client", *program(job, options)],
                },
            }
        ],
    }


def program(job: Job, options: Mapping[str, str]) -> list[str]:
    """Return the model's Spark job and what it is called with.

    Args:
        job: the step; its place gets the output.
        options: what it reads: the URI of a manifest by option.
    """
    spark = job.spec.spark
    called_with = {**options, "output": job.place.uri, **spark.arguments}
    script = f"{job.run.code_prefix}spark_jobs/{spark.script}"
    return [script, *(part for name, value in called_with.items() for part in (f"--{name}", str(value)))]

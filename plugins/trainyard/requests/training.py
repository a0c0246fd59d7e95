"""Training in script mode, and the search for hyperparameters, which is training many times."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from trainyard.images import image_uri
from trainyard.spec import Between, Scalar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainyard.job import Job


def training_job(job: Job, examples: str, hyperparameters: Mapping[str, Scalar]) -> dict[str, Any]:
    """Return the CreateTrainingJob, without its name.

    Args:
        job: the training; its place gets the model.
        examples: the URI of SageMaker's manifest of the examples.
        hyperparameters: all of them, chosen.
    """
    return _definition(job, examples, "train") | {
        "HyperParameters": encode(hyperparameters) | script(job),
        "Tags": job.tag_list,
    }


def tuning_job(job: Job, examples: str, hyperparameters: Mapping[str, Scalar]) -> dict[str, Any]:
    """Return the CreateHyperParameterTuningJob, without its name.

    Args:
        job: the search.
        examples: the URI of SageMaker's manifest of the examples.
        hyperparameters: the defaults; those that are searched are left out.
    """
    search = job.spec.search
    # What the form fixes is not searched.
    searched = {name: wanted for name, wanted in search.ranges.items() if name not in job.run.hyperparameters}
    fixed = {name: value for name, value in hyperparameters.items() if name not in searched}
    definition = _definition(job, examples, "tune") | {"StaticHyperParameters": encode(fixed) | script(job)}
    return {
        "HyperParameterTuningJobConfig": {
            "Strategy": search.strategy,
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": search.objective},
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": search.trials,
                "MaxParallelTrainingJobs": search.parallel,
                "MaxRuntimeInSeconds": job.spec.training.compute.seconds * search.trials,
            },
            "ParameterRanges": ranges(searched),
            "TrainingJobEarlyStoppingType": "Off",
        },
        "TrainingJobDefinition": definition,
        "Tags": job.tag_list,
    }


def script(job: Job) -> dict[str, str]:
    """Return the hyperparameters by which the framework container finds the script, as the SageMaker SDK sends them."""
    source = f"{job.run.code_prefix}training_jobs/{job.spec.training.folder}/sourcedir.tar.gz"
    return encode(
        {
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": source,
            "sagemaker_region": job.settings.region,
            "sagemaker_container_log_level": 20,
            "sagemaker_job_name": job.name,
        }
    )


def encode(hyperparameters: Mapping[str, Scalar]) -> dict[str, str]:
    """Return hyperparameters as script mode reads them: each value is JSON."""
    return {name: json.dumps(value) for name, value in hyperparameters.items()}


def ranges(chosen: Mapping[str, Between | tuple[Scalar, ...]]) -> dict[str, list[dict[str, Any]]]:
    """Return the ranges of a search, sorted by the kinds that SageMaker knows."""
    found: dict[str, list[dict[str, Any]]] = {"IntegerParameterRanges": [], "ContinuousParameterRanges": []}
    found["CategoricalParameterRanges"] = []
    for name, wanted in chosen.items():
        if isinstance(wanted, Between):
            kind = "IntegerParameterRanges" if wanted.is_integer else "ContinuousParameterRanges"
            bounds = {"MinValue": str(wanted.low), "MaxValue": str(wanted.high), "ScalingType": wanted.scale}
            found[kind].append({"Name": name} | bounds)
        else:
            found["CategoricalParameterRanges"].append(
                {"Name": name, "Values": [json.dumps(value) for value in wanted]}
            )
    return {kind: entries for kind, entries in found.items() if entries}


def _definition(job: Job, examples: str, step: str) -> dict[str, Any]:
    """Return what a training job and the definition in a search have in common."""
    training, settings = job.spec.training, job.settings
    compute = training.compute
    common: dict[str, Any] = {
        "AlgorithmSpecification": {
            "TrainingImage": image_uri(training.image, settings.region),
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": name, "Regex": regex} for name, regex in training.metrics.items()],
        },
        "RoleArn": settings.roles.training,
        "InputDataConfig": [
            {
                "ChannelName": training.channel,
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "ManifestFile",
                        "S3Uri": examples,
                        "S3DataDistributionType": "FullyReplicated",
                    }
                },
                "InputMode": "File",
            }
        ],
        "OutputDataConfig": {"S3OutputPath": job.place.uri, "KmsKeyId": settings.kms_key},
        "ResourceConfig": {
            "InstanceType": job.instance_type(step, compute.instance_type),
            "InstanceCount": compute.instance_count,
            "VolumeSizeInGB": compute.volume_gb,
            "VolumeKmsKeyId": settings.kms_key,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": compute.seconds},
        "EnableInterContainerTrafficEncryption": True,
    }
    if settings.vpc:
        common["VpcConfig"] = settings.vpc
    return common

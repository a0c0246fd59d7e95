"""Training, and the search for hyperparameters, which is training many times."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from trainyard.errors import InputError
from trainyard.images import image_uri
from trainyard.spec import Between, Scalar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainyard.job import Job


def training_job(job: Job, examples: Mapping[str, Any], hyperparameters: Mapping[str, Scalar]) -> dict[str, Any]:
    """Return the CreateTrainingJob, without its name.

    Args:
        job: the training; its place gets the model.
        examples: what the preprocessing returned: the URIs of SageMaker's manifests.
        hyperparameters: all of them, chosen.
    """
    encoded = _encoded(job, hyperparameters)
    return _definition(job, examples, "train") | {"HyperParameters": encoded, "Tags": job.tag_list}


def tuning_job(job: Job, examples: Mapping[str, Any], hyperparameters: Mapping[str, Scalar]) -> dict[str, Any]:
    """Return the CreateHyperParameterTuningJob, without its name.

    Args:
        job: the search.
        examples: what the preprocessing returned: the URIs of SageMaker's manifests.
        hyperparameters: the defaults; those that are searched are left out.

    Raises:
        InputError: when the form fixes all that would be searched.
    """
    search = job.spec.search
    # What the form fixes is not searched.
    searched = {name: wanted for name, wanted in search.ranges.items() if name not in job.run.hyperparameters}
    if not searched:
        names = ", ".join(search.ranges)
        raise InputError(f"The form fixes all that would be searched ({names}): leave one empty, or do not search.")
    fixed = {name: value for name, value in hyperparameters.items() if name not in searched}
    definition = _definition(job, examples, "tune") | {"StaticHyperParameters": _encoded(job, fixed)}
    request: dict[str, Any] = {
        "HyperParameterTuningJobConfig": {
            "Strategy": search.strategy,
            "HyperParameterTuningJobObjective": {"Type": search.goal, "MetricName": search.objective},
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": search.trials,
                "MaxParallelTrainingJobs": search.parallel,
                "MaxRuntimeInSeconds": int(job.spec.training.time_limit.total_seconds()) * search.trials,
            },
            "ParameterRanges": ranges(searched, script=job.spec.training.script),
            "TrainingJobEarlyStoppingType": "Auto" if search.early_stopping else "Off",
        },
        "TrainingJobDefinition": definition,
        "Tags": job.tag_list,
    }
    if job.run.warm_start:
        parents = [{"HyperParameterTuningJobName": name} for name in job.run.warm_start]
        # Each partition has data of its own, so that what the parents found is a hint and no result of this search.
        request["WarmStartConfig"] = {"ParentHyperParameterTuningJobs": parents, "WarmStartType": "TransferLearning"}
    return request


def script(job: Job) -> dict[str, Scalar]:
    """Return the hyperparameters by which the framework container finds the script, as the SageMaker SDK sends them."""
    released = f"{job.run.code_prefix}training_jobs/{job.spec.training.folder}/sourcedir.tar.gz"
    return {
        "sagemaker_program": "train.py",
        "sagemaker_submit_directory": job.inputs.get("code", {}).get("code", released),
        "sagemaker_region": job.settings.region,
        "sagemaker_container_log_level": 20,
        "sagemaker_job_name": job.name,
    }


def encode(value: Scalar, *, script: bool) -> str:
    """Return a hyperparameter as the API wants it, a text: JSON in script mode, else as one would write it."""
    return value if isinstance(value, str) and not script else json.dumps(value)


def _encoded(job: Job, hyperparameters: Mapping[str, Scalar]) -> dict[str, str]:
    by_script = job.spec.training.script
    wanted = dict(hyperparameters) | (script(job) if by_script else {})
    return {name: encode(value, script=by_script) for name, value in wanted.items()}


def ranges(chosen: Mapping[str, Between | tuple[Scalar, ...]], *, script: bool) -> dict[str, list[dict[str, Any]]]:
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
                {"Name": name, "Values": [encode(value, script=script) for value in wanted]}
            )
    return {kind: entries for kind, entries in found.items() if entries}


def _definition(job: Job, examples: Mapping[str, Any], step: str) -> dict[str, Any]:
    """Return what a training job and the definition in a search have in common."""
    training, settings = job.spec.training, job.settings
    compute = training.compute
    common: dict[str, Any] = {
        "AlgorithmSpecification": {
            "TrainingImage": image_uri(training.image, settings.region, settings.account),
            "TrainingInputMode": "File",
        },
        "RoleArn": settings.roles.training,
        "InputDataConfig": [*(_channel(job, examples, name) for name in training.channels), *_former(job)],
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
    if training.metrics:
        definitions = [{"Name": name, "Regex": regex} for name, regex in training.metrics.items()]
        common["AlgorithmSpecification"]["MetricDefinitions"] = definitions
    if training.spot_wait is not None:
        common["EnableManagedSpotTraining"] = True
        common["StoppingCondition"]["MaxWaitTimeInSeconds"] = int(training.time_limit.total_seconds())
        common["CheckpointConfig"] = {"S3Uri": job.place.folder("checkpoints")}
    if settings.vpc:
        common["VpcConfig"] = settings.vpc
    return common


def former_model(job: Job) -> str:
    """Return the URI of the folder that holds the model that the training goes on from, with the ``/`` at its end."""
    return job.place.folder("former")


def _former(job: Job) -> list[dict[str, Any]]:
    """Return the channel ``model``, by which a built-in algorithm goes on from a former model; empty without one."""
    if not job.inputs.get("former"):
        return []
    source = {"S3DataType": "S3Prefix", "S3Uri": former_model(job), "S3DataDistributionType": "FullyReplicated"}
    return [{"ChannelName": "model", "DataSource": {"S3DataSource": source}, "InputMode": "File"}]


def _channel(job: Job, examples: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return an input channel: a folder of the preprocessing's output, or ``examples``, which is all of them.

    Raises:
        InputError: when the preprocessing left no such folder.
    """
    training = job.spec.training
    uri = examples["examples"] if name == "examples" else examples["channels"].get(name)
    if not uri:
        raise InputError(
            f"Training.channels of {job.spec.name} names {name!r}, but the Spark job left no folder of that name. It "
            f"left: {', '.join(examples['channels'])}."
        )
    # Each machine learns from its own share of the rows, and is measured on all of what they are measured on.
    shared = training.compute.instance_count > 1 and name == training.channels[0] and name != "examples"
    source = {
        "S3DataType": "ManifestFile",
        "S3Uri": uri,
        "S3DataDistributionType": "ShardedByS3Key" if shared else "FullyReplicated",
    }
    channel: dict[str, Any] = {"ChannelName": name, "DataSource": {"S3DataSource": source}, "InputMode": "File"}
    return channel | ({"ContentType": training.content_type} if training.content_type else {})

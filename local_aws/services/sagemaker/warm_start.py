"""Warm start of tuning jobs: what a job may differ in from its parents, and what they have found out.

The restrictions are those of the developer guide's page "Run a Warm Start Hyperparameter Tuning Job".
"""

from typing import Any

from local_aws.services.sagemaker.checks import invalid
from local_aws.services.sagemaker.records import TERMINAL, JobRecords
from local_aws.services.sagemaker.trials import Trials, value_of
from local_aws.state import Record

IDENTICAL = "IdenticalDataAndAlgorithm"
_MOST_CHANGES = 10
#: What a tuning job on the same data and algorithm may change of its TrainingJobDefinition.
_FREE = (
    "OutputDataConfig", "StaticHyperParameters", "RoleArn", "ResourceConfig", "StoppingCondition", "VpcConfig",
    "EnableManagedSpotTraining", "CheckpointConfig",
)  # fmt: skip
_FREE_IN_TRANSFER = ("AlgorithmSpecification", "InputDataConfig", *_FREE)

#: Hyperparameters, all of them, of a trial, and what it achieved.
Known = list[tuple[dict[str, str], float]]


def parents_of(records: JobRecords, params: Record) -> list[Record]:
    """The tuning jobs that a job starts from; none for one that starts afresh.

    :raises AwsError: ``ValidationException`` when there is none of a name.
    """
    named = params.get("WarmStartConfig", {}).get("ParentHyperParameterTuningJobs", [])
    return [records.get(parent["HyperParameterTuningJobName"]) for parent in named]


def check(params: Record, parents: list[Record]) -> None:
    """Refuse what cannot start from these parents.

    :raises AwsError: ``ValidationException``, in SageMaker's words where they are known.
    """
    config = params["HyperParameterTuningJobConfig"]
    if parents and config["Strategy"] not in ("Bayesian", "Random"):
        raise invalid(f"Warm start is not supported for the strategy {config['Strategy']}: use Bayesian or Random.")
    for parent in parents:
        name, status = parent["HyperParameterTuningJobName"], parent["HyperParameterTuningJobStatus"]
        if status not in TERMINAL:
            raise invalid(f"The parent tuning job {name} must be in a terminal state and is {status}.")
        former = parent["HyperParameterTuningJobConfig"]
        if former["HyperParameterTuningJobObjective"] != config["HyperParameterTuningJobObjective"]:
            raise invalid(f"The objective metric must be the same as that of the parent tuning job {name}.")
        _check_definition(params, parent)
        _check_hyperparameters(params, parent)


def known(trials: Trials, parents: list[Record]) -> Known:
    """What the parents' trials achieved, of those whose objective was evaluated. Their own parents' do not count."""
    found = []
    for parent in parents:
        static = parent["TrainingJobDefinition"].get("StaticHyperParameters", {})
        for summary in trials.of(parent):
            if summary["ObjectiveStatus"] == "Succeeded":
                found.append(({**static, **summary["TunedHyperParameters"]}, value_of(summary)))
    return found


def _check_definition(params: Record, parent: Record) -> None:
    free = _FREE if params["WarmStartConfig"]["WarmStartType"] == IDENTICAL else _FREE_IN_TRANSFER
    own, former = params["TrainingJobDefinition"], parent["TrainingJobDefinition"]
    if any(own.get(member) != former.get(member) for member in {*own, *former} - {*free}):
        listed = ", ".join(member[0].lower() + member[1:] for member in free)
        raise invalid(f"Only the following fields in TrainingJobDefinition are allowed to change: [{listed}].")


def _check_hyperparameters(params: Record, parent: Record) -> None:
    own, former = _ranges(params), _ranges(parent)
    static, static_before = (job["TrainingJobDefinition"].get("StaticHyperParameters", {}) for job in (params, parent))
    if {*own, *static} != {*former, *static_before}:
        raise invalid(
            "The set of tunable plus static HyperParameter names is not the same across current and parent tuning "
            "jobs. Please ensure this set is constant when warm starting. Note that previously static HyperParameters "
            "can be tuned in warm start jobs and vice versa."
        )
    changed = sorted(name for name in own.keys() & former.keys() if own[name][0] != former[name][0])
    if changed:
        raise invalid(f"The type of a hyperparameter must not change when warm starting: {', '.join(changed)}.")
    changes = sum(former[name][1] for name in static.keys() & former.keys())
    changes += 2 * sum(static[name] != static_before[name] for name in static.keys() & static_before.keys())
    if changes > _MOST_CHANGES:
        raise invalid(
            f"At most {_MOST_CHANGES} changes from tunable to static hyperparameters and of the values of static ones "
            f"are allowed when warm starting; there are {changes}."
        )


def _ranges(job: Record) -> dict[str, tuple[str, int]]:
    """By name of a tunable hyperparameter: its type, and how many changes it is to make it static."""
    ranges: dict[str, list[dict[str, Any]]] = job["HyperParameterTuningJobConfig"].get("ParameterRanges", {})
    return {item["Name"]: (kind, len(item.get("Values", "1"))) for kind, items in ranges.items() for item in items}

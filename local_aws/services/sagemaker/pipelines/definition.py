"""Reading a pipeline's definition (schema 2020-12-01): its steps, and what each of them waits for."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from local_aws.services.sagemaker.pipelines import errors
from local_aws.services.sagemaker.pipelines.conditions import TYPES
from local_aws.services.sagemaker.pipelines.parameters import check_declared
from local_aws.services.sagemaker.pipelines.values import references

VERSION = "2020-12-01"
SERVED = (
    "Training", "Processing", "Transform", "Tuning", "Model", "RegisterModel", "EndpointConfig", "Endpoint",
    "Condition", "Fail",
)  # fmt: skip
#: What such a step must say, and what Pipelines does not take there (the SageMaker SDK's EndpointConfigStep says so).
_NEEDED = {
    "EndpointConfig": ("EndpointConfigName", "ProductionVariants"),
    "Endpoint": ("EndpointName", "EndpointConfigName"),
}
_REFUSED = {"EndpointConfig": ("DataCaptureConfig", "ExplainerConfig"), "Endpoint": ("DeploymentConfig",)}
#: AWS's further types of steps.
_UNSERVED = (
    "AutoML", "Callback", "ClarifyCheck", "EMR", "EMRServerless", "Lambda", "NotebookJob", "QualityCheck",
    "ForEach", "InferenceComponent", "Lineage", "Athena", "Cleanup", "MonitorBatchTransform",
)  # fmt: skip
_UNSERVED_MEMBERS = ("RetryPolicies",)
_NAME = re.compile(r"[A-Za-z0-9\-_]{1,64}")
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.IGNORECASE)


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        waits_for: the names of the steps that must have succeeded before.
        branch: the condition step that it hangs on, and which outcome lets it run; None at the top.
        cache_seconds: how old an equal step may be whose outcome is taken instead; None for never.
    """

    name: str
    type: str
    arguments: dict[str, Any]
    waits_for: frozenset[str]
    branch: tuple[str, bool] | None = None
    property_files: dict[str, dict[str, str]] = field(default_factory=dict)
    cache_seconds: float | None = None
    told: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Definition:
    """A whole pipeline."""

    parameters: list[dict[str, Any]]
    steps: dict[str, Step]
    experiment: dict[str, Any]


def parse(text: str) -> Definition:
    """Read and check a definition.

    :raises AwsError: ``ValidationException`` for one that is none; 501 with the names of what is not here.
    """
    try:
        raw = json.loads(text)
    except ValueError as error:
        raise errors.unparsable(f"It is no JSON: {error}") from error
    if not isinstance(raw, dict) or raw.get("Version") != VERSION:
        raise errors.unparsable(f"Version must be '{VERSION}'.")
    parameters = raw.get("Parameters", [])
    check_declared(parameters)
    if not raw.get("Steps"):
        raise errors.unparsable("A pipeline must have at least one step.")
    steps: dict[str, Step] = {}
    for step in _steps(raw["Steps"], None):
        if step.name in steps:
            raise errors.unparsable(f"Step names must be unique; '{step.name}' is not.")
        steps[step.name] = step
    definition = Definition(parameters, steps, raw.get("PipelineExperimentConfig") or {})
    _check_references(definition)
    _check_order(definition)
    return definition


def _steps(raw: list[dict[str, Any]], branch: tuple[str, bool] | None) -> Iterator[Step]:
    """The steps of a list, and after each condition those of its branches."""
    for item in raw:
        name, kind = str(item.get("Name", "")), str(item.get("Type", ""))
        _check_step(name, kind, item)
        arguments = dict(item.get("Arguments") or {})
        branches = {True: arguments.pop("IfSteps", []), False: arguments.pop("ElseSteps", [])}
        named = {path.split(".")[1] for path in references(arguments) if path.startswith("Steps.")}
        named |= {str(other).removeprefix("Steps.") for other in item.get("DependsOn", [])}
        yield Step(
            name=name,
            type=kind,
            arguments=arguments,
            waits_for=frozenset(named | ({branch[0]} if branch else set())),
            branch=branch,
            property_files={file["PropertyFileName"]: file for file in item.get("PropertyFiles", [])},
            cache_seconds=_cache_seconds(name, item.get("CacheConfig", {})),
            told={f"Step{key}": item[key] for key in ("DisplayName", "Description") if item.get(key)},
        )
        if kind == "Condition":
            for outcome, below in branches.items():
                yield from _steps(below, (name, outcome))


def _check_step(name: str, kind: str, item: Mapping[str, Any]) -> None:
    if not _NAME.fullmatch(name):
        raise errors.unparsable(f"'{name}' is no name of a step.")
    if kind in _UNSERVED:
        raise errors.not_here([f"step type {kind} (step '{name}')"])
    if kind not in SERVED:
        raise errors.unparsable(f"Step '{name}' has the type '{kind}', which is none.")
    unserved = [f"{member} (step '{name}')" for member in _UNSERVED_MEMBERS if item.get(member)]
    if unserved:
        raise errors.not_here(unserved)
    _check_arguments(name, kind, item.get("Arguments") or {})
    if kind == "Condition":
        _check_conditions(name, (item.get("Arguments") or {}).get("Conditions", []))


def _check_arguments(step: str, kind: str, arguments: Mapping[str, Any]) -> None:
    missing = [member for member in _NEEDED.get(kind, ()) if member not in arguments]
    if missing:
        raise errors.unparsable(f"Step '{step}' of type {kind} needs {' and '.join(missing)}.")
    refused = [member for member in _REFUSED.get(kind, ()) if member in arguments]
    if refused:
        raise errors.unparsable(f"Step '{step}' of type {kind} does not take {' and '.join(refused)}.")


def _check_conditions(step: str, conditions: list[Any]) -> None:
    if not conditions:
        raise errors.unparsable(f"Condition step '{step}' needs Conditions.")
    for condition in conditions:
        kind = condition.get("Type") if isinstance(condition, dict) else None
        if kind not in TYPES:
            raise errors.unparsable(f"Condition step '{step}' has a condition of type {kind!r}, which is none.")
        below = condition.get("Conditions", []) if kind == "Or" else []
        below = [condition.get("Expression")] if kind == "Not" else below
        if kind in ("Or", "Not"):
            _check_conditions(step, below)


def _cache_seconds(step: str, config: Mapping[str, Any]) -> float | None:
    if not config.get("Enabled"):
        return None
    given = str(config.get("ExpireAfter", ""))
    match = _DURATION.fullmatch(given)
    if match is None or not any(match.groups()):
        raise errors.unparsable(f"CacheConfig of step '{step}' needs ExpireAfter as a duration of ISO 8601, as P30D.")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)


def _check_references(definition: Definition) -> None:
    declared = {item["Name"] for item in definition.parameters}
    for step in definition.steps.values():
        for path in references(step.arguments):
            kind, _, rest = path.partition(".")
            if kind not in ("Parameters", "Execution", "Steps") or not rest:
                raise errors.unparsable(f"Step '{step.name}' gets '{path}', which is none.")
            if kind == "Parameters" and rest not in declared:
                raise errors.unparsable(f"Step '{step.name}' gets the parameter '{rest}', which is not declared.")
            _check_property_file(definition, step, path)
        missing = sorted(step.waits_for - set(definition.steps))
        if missing:
            raise errors.unparsable(f"Step '{step.name}' depends on the steps {missing}, which are not there.")


def _check_property_file(definition: Definition, step: Step, path: str) -> None:
    match = re.fullmatch(r"Steps\.([^.]+)\.PropertyFiles\.(.+)", path)
    if match and match[1] in definition.steps and match[2] not in definition.steps[match[1]].property_files:
        raise errors.unparsable(f"Step '{step.name}' gets the property file '{path}', which is not declared.")


def _check_order(definition: Definition) -> None:
    done: set[str] = set()
    while len(done) < len(definition.steps):
        ready = {name for name, step in definition.steps.items() if name not in done and step.waits_for <= done}
        if not ready:
            circle = sorted(set(definition.steps) - done)
            raise errors.unparsable(f"The steps {circle} wait for one another.")
        done |= ready

"""An execution of a SageMaker pipeline that somebody else has made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainyard.errors import InputError
from trainyard.owners import sign

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainyard.job import Job

VALUE_LENGTH = 1024  # the service's limit for the value of a parameter


def execution(job: Job, pipeline: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the StartPipelineExecution, without its name.

    Args:
        job: the step; its place is where the pipeline is told to leave what it makes.
        pipeline: the pipeline's name.
        parameters: the pipeline's parameters. In a text, ``{partition}``, ``{partition_end}``, ``{code}`` (the URI of
            the run's code, with the ``/`` at its end), ``{code_version}`` and ``{output}`` (the URI of the step's
            place) stand for the run's, ``{rows}`` for what the task before returned as ``rows``, and
            ``{channels.train}`` for the ``train`` in its ``channels``.

    Raises:
        InputError: when a value is longer than the service takes, or no text, number or truth value.
    """
    known = _told(job.inputs.get("after") or {}) | {
        "{partition}": job.run.partition,
        "{partition_end}": job.run.partition_end,
        "{code}": job.run.code_prefix,
        "{code_version}": job.run.code_version,
        "{output}": job.place.uri,
    }
    given = [{"Name": name, "Value": _text(name, value, known)} for name, value in sorted(parameters.items())]
    return {
        "PipelineName": pipeline,
        "PipelineParameters": given,
        "PipelineExecutionDescription": sign(job.tags),  # an execution has no tags of its own
    }


def _told(before: Mapping[str, Any]) -> dict[str, str]:
    """Return what stands for what an earlier task returned: its texts and numbers, and those one level below."""
    deeper = {name: value for name, value in before.items() if isinstance(value, dict)}
    flat = dict(before) | {f"{name}.{key}": part for name, value in deeper.items() for key, part in value.items()}
    return {f"{{{name}}}": str(value) for name, value in flat.items() if isinstance(value, str | int | float)}


def _text(name: str, value: Any, known: Mapping[str, str]) -> str:
    """Return a parameter's value as the API takes it: as text, whatever its type."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        raise InputError(f"The pipeline parameter {name!r} is a {type(value).__name__}; it must be a text or a number.")
    text = value
    for token, meaning in known.items():
        text = text.replace(token, meaning)
    if len(text) > VALUE_LENGTH:
        raise InputError(f"The pipeline parameter {name!r} has {len(text)} characters; {VALUE_LENGTH} are allowed.")
    return text

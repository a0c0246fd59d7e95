"""An execution of a SageMaker pipeline that somebody else has made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainyard.errors import InputError
from trainyard.owners import sign
from trainyard.requests.words import filled, words_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainyard.job import Job

VALUE_LENGTH = 1024  # the service's limit for the value of a parameter


def execution(job: Job, pipeline: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the StartPipelineExecution, without its name.

    Args:
        job: the step; its place is where the pipeline is told to leave what it makes.
        pipeline: the pipeline's name.
        parameters: the pipeline's parameters. In a text, words such as ``{partition}`` stand for the run's; see
            ``words``.

    Raises:
        InputError: when a value is longer than the service takes, or no text, number or truth value.
    """
    words = words_of(job)
    given = [{"Name": name, "Value": _text(name, value, words)} for name, value in sorted(parameters.items())]
    return {
        "PipelineName": pipeline,
        "PipelineParameters": given,
        "PipelineExecutionDescription": sign(job.tags),  # an execution has no tags of its own
    }


def _text(name: str, value: Any, words: Mapping[str, str]) -> str:
    """Return a parameter's value as the API takes it: as text, whatever its type."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        raise InputError(f"The pipeline parameter {name!r} is a {type(value).__name__}; it must be a text or a number.")
    text = str(filled(value, words))
    if len(text) > VALUE_LENGTH:
        raise InputError(f"The pipeline parameter {name!r} has {len(text)} characters; {VALUE_LENGTH} are allowed.")
    return text

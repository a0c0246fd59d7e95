"""The words by which a DAG's file speaks of the run: ``{partition}`` in a parameter of what somebody else has made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainyard.job import Job


def words_of(job: Job) -> dict[str, str]:
    """Return what stands for what: by the word, with its braces.

    ``{partition}``, ``{partition_end}``, ``{code}`` (the URI of the run's code, with the ``/`` at its end),
    ``{code_version}`` and ``{output}`` (the URI of the step's place) are the run's; ``{rows}`` is what the task before,
    ``after`` of the job's inputs, returned as ``rows``, and ``{channels.train}`` the ``train`` in its ``channels``.
    """
    return _told(job.inputs.get("after") or {}) | {
        "{partition}": job.run.partition,
        "{partition_end}": job.run.partition_end,
        "{code}": job.run.code_prefix,
        "{code_version}": job.run.code_version,
        "{output}": job.place.uri,
    }


def filled(value: Any, words: Mapping[str, str]) -> Any:
    """Return a value with the words in its texts replaced, however deep they stand."""
    if isinstance(value, dict):
        return {key: filled(part, words) for key, part in value.items()}
    if isinstance(value, list):
        return [filled(part, words) for part in value]
    if not isinstance(value, str):
        return value
    text = value
    for word, meaning in words.items():
        text = text.replace(word, meaning)
    return text


def _told(before: Mapping[str, Any]) -> dict[str, str]:
    """Return what an earlier task returned: its texts and numbers, and those one level below."""
    deeper = {name: value for name, value in before.items() if isinstance(value, dict)}
    flat = dict(before) | {f"{name}.{key}": part for name, value in deeper.items() for key, part in value.items()}
    return {f"{{{name}}}": str(value) for name, value in flat.items() if isinstance(value, str | int | float)}

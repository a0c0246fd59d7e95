"""What a person may choose for a run, and what may not be chosen together.

Airflow checks each field of the form by itself, against its JSON schema. This is what it does not see: fields that the
form does not have, fields that contradict each other, numbers that are none, and a form that is too large. The first
task asks, so nothing is started when the answer is no; each refusal begins with the name of the field.
"""

from __future__ import annotations

import difflib
import json
import math
from typing import TYPE_CHECKING, Any

from trainyard.errors import ParamError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

#: The largest form, in bytes of JSON: room for the names of a thousand partitions, and no more. Every task of a run is
#: sent the form, and what is in it stays in Airflow's database.
FORM_BYTES = 64 * 1024
_SHOWN = 40  # of a name that somebody wrote, so many characters are repeated in a log


def refuse_large(form: Mapping[str, Any]) -> None:
    """Refuse a form that is larger than any that means something, without repeating it.

    Raises:
        ParamError: naming the largest field.
    """
    size = len(json.dumps(form, default=str))
    if size > FORM_BYTES:
        largest = max(form, key=lambda name: len(json.dumps(form[name], default=str)) + len(name))
        raise ParamError(
            f"Field {_short(largest)}: the form has {size:,} bytes with it; it may have {FORM_BYTES:,} in all."
        )


def refuse_unknown(given: Collection[str], known: Collection[str]) -> None:
    """Refuse fields that the form does not have. Airflow takes them silently, and a misspelt one would do nothing.

    Raises:
        ParamError: naming the field, and the one that was probably meant.
    """
    for name in sorted(set(given) - set(known)):
        near = difflib.get_close_matches(name[:_SHOWN], known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ParamError(f"The form has no field {_short(name)}.{hint} It has: {', '.join(sorted(known))}.")


def refuse_contradictions(form: Mapping[str, Any], searched: Collection[str] = ()) -> None:
    """Refuse fields that cannot both be meant.

    Args:
        form: the fields with their values, defaults included.
        searched: the hyperparameters that the model's search varies.

    Raises:
        ParamError: naming both fields.
    """
    tune = bool(form.get("tune"))
    if form.get("warm_start") and not tune:
        raise ParamError("Field 'warm_start': there is no search to begin with former ones: tick 'tune', or empty it.")
    if form.get("release_backfill") and not form.get("release", True):
        raise ParamError("Field 'release_backfill': 'release' says that the run never goes live. Choose one of them.")
    for name in sorted(searched) if tune else ():
        if form.get(name) is not None:
            raise ParamError(
                f"Field {name!r}: the search that 'tune' asks for chooses it. Leave it empty, or do not tick 'tune'."
            )


def hyperparameters(form: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the hyperparameters that the form overrides.

    A whole number that JSON wrote as ``3.0`` is ``3`` where the model's own is whole: an algorithm that counts with it
    would refuse the other.

    Args:
        form: the fields with their values.
        own: the model's own hyperparameters.

    Raises:
        ParamError: for NaN and the infinities, which JSON in Python reads and a schema's limits let pass.
    """
    found = {name: form[name] for name in own if form.get(name) is not None}
    for name, value in found.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise ParamError(f"Field {name!r}: {value} is no number.")
        if isinstance(value, float) and isinstance(own[name], int) and value.is_integer():
            found[name] = int(value)
    return found


def _short(name: str) -> str:
    return repr(name) if len(name) <= _SHOWN else f"{name[:_SHOWN]!r}..."

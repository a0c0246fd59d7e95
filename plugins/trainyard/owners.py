"""Whose is it? What a run makes says which task it belongs to, in its tags or, where a service has none, in a text.

What is said must be proven before anything is stopped because of it: tags are shortened and lose characters, and other
Airflows may use the same account. A name of ours holds a digest of (DAG, run, task, map index), see ``names``; an owner
is one whose words, digested, give the digest in the name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from trainyard.names import digest_of

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_MAPPED = 1024  # map indexes that are tried; Airflow's own limit of mapped tasks by default
_TOKEN = re.compile(r"-([0-9a-f]{10})-(\d+)(?:r\d+)?(?=[.-]|$)")
_SIGNED = re.compile(r"trainyard((?: [a-z]+=\S*)+)")


@dataclass(frozen=True)
class Owner:
    """The task that something was made by.

    Attributes:
        dag, run, task: Airflow's ids.
        digest: what stands for them, and for the map index, in names.
        generation: how often the work had been asked for; see ``names``.
    """

    dag: str
    run: str
    task: str
    digest: str
    generation: int


def owner_of(name: str, tags: Mapping[str, str]) -> Owner | None:
    """Return who made what has this name and these tags; None when it cannot be proven."""
    found = _TOKEN.search(name)
    words = [tags.get(f"trainyard:{key}", "") for key in ("dag", "run", "task")]
    if found is None or not all(words):
        return None
    dag, run, task = words
    if not any(digest_of(dag, run, task, index) == found[1] for index in range(-1, MOST_MAPPED)):
        return None
    return Owner(dag, run, task, digest=found[1], generation=int(found[2]))


def sign(tags: Mapping[str, str]) -> str:
    """Return the tags as one line of text: no quotes, no line ends, nothing that could end a comment."""
    words = (f"{key.removeprefix('trainyard:')}={quote(value, safe='-_.')}" for key, value in sorted(tags.items()))
    return " ".join(("trainyard", *words))


def signed(text: str) -> dict[str, str]:
    """Return the tags that ``sign`` put into a text; empty when there are none."""
    found = _SIGNED.search(text)
    pairs = (word.partition("=") for word in found[1].split()) if found else ()
    return {f"trainyard:{key}": unquote(value) for key, _, value in pairs}

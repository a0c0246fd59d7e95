"""The documentation page lists what the code does, no more and no less."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from local_aws.services.redshift_data.copy import options as copy_options
from local_aws.services.redshift_data.sql import commands
from local_aws.services.redshift_data.sql.functions import supported
from local_aws.services.redshift_data.unload import options as unload_options

PAGE = Path(__file__).parents[3] / "docs" / "local-aws" / "redshift.md"


def listed(heading: str) -> set[str]:
    """The code words of the last paragraph of a section."""
    section = PAGE.read_text().split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return _words(section.strip().rpartition("\n\n")[2])


def _words(text: str) -> set[str]:
    return {" ".join(word.split()) for word in re.findall(r"`([^`]+)`", text)}


@pytest.mark.parametrize(
    ("heading", "known"),
    [
        ("Functions", supported()),
        ("Options of UNLOAD", unload_options.OPTIONS),
        ("Options of COPY", copy_options.REFUSED),
        ("Statements without effect", commands.WITHOUT_EFFECT),
        ("Statements refused by name", commands.REFUSED),
    ],
)
def test_the_page_lists_what_the_code_knows(heading: str, known: Iterable[str]) -> None:
    assert listed(heading) == set(known)


def test_the_page_lists_every_option_of_copy() -> None:
    section = PAGE.read_text().split("## Options of COPY\n", 1)[1].split("Refused by name", 1)[0]
    assert _words(section) == set(copy_options.OPTIONS)

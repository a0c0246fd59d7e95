"""``python -m docs.build_local_aws``: write the list of operations in ``docs/local-aws.md`` from the code itself.

What stands between the two markers of the page is generated; the rest is written by hand. A test compares.
"""

import importlib
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import botocore.session

from local_aws.service import Service
from local_aws.services import build_all
from local_aws.state import State
from local_aws.wire import handler_name
from local_aws.world import build_world

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "local-aws.md"
BEGIN, END = "<!-- operations -->", "<!-- /operations -->"


def services() -> list[Service]:
    """Every executing service, built but not started."""
    with tempfile.TemporaryDirectory() as folder:
        state = State(Path(folder) / "state.sqlite")
        try:
            return build_all(build_world(Path(folder), "us-east-1", "http://127.0.0.1:4566", state))
        finally:
            state.close()


def operations(service: Service) -> dict[str, list[str]]:
    """The operations that botocore knows of a service: ``answered``, ``refused`` by a handler, and all ``others``."""
    told: dict[str, list[str]] = {"answered": [], "refused": [], "others": []}
    for name in sorted(botocore.session.get_session().get_service_model(service.name).operation_names):
        handler = next(
            (found for part in service.handlers() if (found := getattr(part, handler_name(name), None))), None
        )
        refuses = handler is not None and (handler.__doc__ or "").startswith("Not done")
        told["others" if handler is None else "refused" if refuses else "answered"].append(name)
    return told


def unserved(service: Service) -> Iterator[tuple[str, list[str]]]:
    """Members of requests that a service refuses, by the file that says so: its constants named ``_UNSERVED...``."""
    home = sys.modules[type(service).__module__]
    folder = Path(str(home.__file__)).parent
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        module = importlib.import_module(".".join(parts).removesuffix(".__init__"))
        constants = [value for key, value in vars(module).items() if key.startswith("_UNSERVED")]
        if constants:
            yield str(path.relative_to(ROOT)), [str(member) for constant in constants for member in constant]


def listing() -> Iterator[str]:
    """The generated part, line by line."""
    for service in sorted(services(), key=lambda service: service.name):
        told = operations(service)
        whole = sum(len(names) for names in told.values())
        rest = "Any other is answered 501, with its name." if service.owns_all else "The others are moto's."
        yield from (f"### {service.name}", "", f"{len(told['answered'])} of {whole} operations run here. {rest}", "")
        yield from (f"{named(told['answered'])}.", "")
        if told["refused"]:
            yield from (f"Refused, because moto would answer them without the objects: {named(told['refused'])}.", "")
        for file, members in unserved(service):
            yield from (f"Members that are refused by name (`{file}`): {named(members)}.", "")


def named(names: Iterable[str]) -> str:
    """Names in a row."""
    return ", ".join(f"`{name}`" for name in names)


def page(written: str) -> str:
    """The page as it should be.

    :param written: the page as it is; what is not between the markers stays.
    """
    generated = "\n".join([BEGIN, "", *listing(), END])
    return re.sub(f"{BEGIN}.*{END}", lambda _: generated, written, flags=re.DOTALL)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()

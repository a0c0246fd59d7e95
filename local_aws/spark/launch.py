"""Starting a Spark program without Spark's shell scripts and its launcher JVM: half the time to the first row."""

import importlib.metadata
import importlib.util
import logging
import os
import shlex
import shutil
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from local_aws.objects import ObjectStore
from local_aws.processes import Processes
from local_aws.spark.archive import ClassArchive
from local_aws.spark.arguments import Submit
from local_aws.spark.java import Java, find_java
from local_aws.spark.settings import bucket_mounts, local_defaults, write_settings

#: The heap of a driver, which here is the whole "cluster". LOCAL_AWS_SPARK_MEMORY gives another one.
DEFAULT_MEMORY = "3g"
#: Below that much input, compiling for speed (C2) costs more than it brings: 1 M rows took 58 CPU seconds with C1 alone
#: and 84 with both, 10 M rows 69 seconds against 48.
SMALL_INPUT = 64 << 20
#: The packages of java.base that Spark reaches into; its own launcher opens the same ones.
_OPENED = (
    "java.lang", "java.lang.invoke", "java.lang.reflect", "java.io", "java.net", "java.nio", "java.util",
    "java.util.concurrent", "java.util.concurrent.atomic", "sun.nio.ch", "sun.nio.cs", "sun.security.action",
    "sun.util.calendar", "jdk.internal.ref",
)  # fmt: skip
_CORES = 4


def spark_home() -> Path:
    """The folder of the pip package, which is a whole Spark.

    :raises RuntimeError: when pyspark is not installed.
    """
    spec = importlib.util.find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise RuntimeError("local_aws runs EMR steps with the package pyspark, which is not installed")
    return Path(spec.origin).parent


def spark_version() -> str:
    """The version of the pip package, e.g. ``4.1.4``."""
    return importlib.metadata.version("pyspark")


@dataclass(frozen=True)
class Prepared:
    """A Spark program ready to start: its command line, environment and the folder it runs in."""

    argv: list[str]
    env: dict[str, str]
    cwd: Path


class LocalSpark:
    """The Spark of one state folder.

    :param root: keeps what outlives a run (the class archive, the wrapper of Java).
    :raises NoJava: when there is no Java to run it on.
    """

    def __init__(self, root: Path, objects: ObjectStore) -> None:
        self.java: Java = find_java(os.environ)
        self.home = spark_home()
        self._root = root
        self._objects = objects
        self._classpath = _classpath(self.home)
        self.archive = ClassArchive(root, self.java, self._classpath)
        self._making = threading.Lock()

    def archive_later(self, processes: Processes) -> None:
        """Make the class archive in the background, at the lowest priority, if it is not there yet.

        Asked for after a Spark step has ended well. LOCAL_AWS_SPARK_ARCHIVE=off keeps it from being made.
        """
        if os.environ.get("LOCAL_AWS_SPARK_ARCHIVE") == "off" or self.archive.exists:
            return
        if self._making.acquire(blocking=False):
            threading.Thread(target=self._make_archive, args=(processes,), name="spark-archive", daemon=True).start()

    def _make_archive(self, processes: Processes) -> None:
        work = self._root / "warm-up"
        shutil.rmtree(work, ignore_errors=True)  # of a local_aws that was stopped in the middle
        submit = Submit(program=[str(Path(__file__).with_name("warm_up.py")), (work / "data").as_uri()])
        prepared = self.prepare(submit, work, {})

        def run(argv: list[str]) -> int:
            niced = ["nice", "-n", "19", *argv]
            return processes.start(niced, env=prepared.env, cwd=work, label="Spark's class archive").wait()

        try:
            if not self.archive.make(run, prepared.argv):
                logging.warning("Spark's class archive could not be made; Spark steps start slower without it")
        except OSError:
            logging.exception("Spark's class archive could not be made; Spark steps start slower without it")
        finally:
            shutil.rmtree(work, ignore_errors=True)
            self._making.release()

    def prepare(self, submit: Submit, work: Path, aws: dict[str, str], *, input_bytes: int = 0) -> Prepared:
        """Write the configuration into ``work`` and put the command line together.

        :param work: a fresh folder; everything temporary stays inside, so removing it removes all traces.
        :param aws: the AWS variables of the job, for a program that calls AWS itself.
        :param input_bytes: about how much the program will read, see ``SMALL_INPUT``.
        """
        settings = work / "conf"
        self.write_settings(settings, work, submit.properties)
        argv = [str(self.java.executable), *self._java_options(submit, work, input_bytes)]
        argv += ["-cp", self._classpath, "org.apache.spark.deploy.SparkSubmit"]
        argv += ["--properties-file", str(settings / "spark-defaults.conf"), *submit.options, *submit.program]
        return Prepared(argv, self.environment(work, aws), work)

    def write_settings(self, folder: Path, work: Path, properties: dict[str, str]) -> None:
        """Fill ``folder`` as a SPARK_CONF_DIR; a program's own ``properties`` win over the local ones."""
        cores = min(len(os.sched_getaffinity(0)), _CORES)
        mounts = bucket_mounts(self._objects.bucket_root(), self._objects.buckets())
        write_settings(folder, {**local_defaults(cores, work), **properties, **mounts})

    def environment(self, work: Path, aws: dict[str, str]) -> dict[str, str]:
        """The variables of a step: a few of the machine's, AWS's, and what lets Spark's own scripts work, too."""
        (work / "tmp").mkdir(parents=True, exist_ok=True)
        path = [Path(sys.executable).parent, self.home / "bin"]
        return {
            **{name: os.environ[name] for name in ("HOME", "USER", "TZ") if name in os.environ},
            "PATH": os.pathsep.join([*map(str, path), os.environ.get("PATH", os.defpath)]),
            "LANG": "C.UTF-8",
            "TMPDIR": str(work / "tmp"),
            "JAVA_HOME": str(self.java.home_for_scripts(self._root / "java")),
            "SPARK_HOME": str(self.home),
            "SPARK_CONF_DIR": str(work / "conf"),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LOCAL_DIRS": str(work / "local"),
            "HADOOP_USER_NAME": "hadoop",
            "PYSPARK_PYTHON": sys.executable,
            "PYTHONUNBUFFERED": "1",
            **aws,
        }

    def _java_options(self, submit: Submit, work: Path, input_bytes: int) -> list[str]:
        quick = ["-XX:TieredStopAtLevel=1"] if input_bytes < SMALL_INPUT else []
        return [
            f"-Xmx{driver_memory()}",
            *quick,
            "-XX:+UseSerialGC",
            "-XX:-UsePerfData",
            *self.archive.options(),
            *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENED),
            "--add-opens=java.security.jgss/sun.security.krb5=ALL-UNNAMED",
            "-Djdk.reflect.useDirectMethodHandle=false",
            "-Dio.netty.tryReflectionSetAccessible=true",
            "-Dfile.encoding=UTF-8",
            f"-Djava.io.tmpdir={work / 'tmp'}",
            f"-Dlog4j2.configurationFile={(work / 'conf' / 'log4j2.properties').as_uri()}",
            *shlex.split(submit.java_options),
        ]


def driver_memory() -> str:
    """The heap that each driver gets, whatever a cluster's driver was to get."""
    return os.environ.get("LOCAL_AWS_SPARK_MEMORY", DEFAULT_MEMORY)


def _classpath(home: Path) -> str:
    """All jars, those first that most classes are in; and jars only: a folder would rule out the class archive."""
    jars = sorted((home / "jars").glob("*.jar"))
    return os.pathsep.join(map(str, sorted(jars, key=lambda jar: not jar.name.startswith(("spark-", "scala-library")))))

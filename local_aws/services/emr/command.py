"""What a HadoopJarStep comes to on this machine: a command line, its environment and notes for the controller's log."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local_aws.objects import ObjectStore
from local_aws.services.emr import releases
from local_aws.services.emr.inputs import input_bytes
from local_aws.services.emr.requests import has_spark
from local_aws.spark import arguments
from local_aws.spark.launch import LocalSpark, driver_memory, spark_version
from local_aws.spark.settings import hidden_buckets
from local_aws.state import Record


class StepRefused(Exception):
    """The step cannot be carried out here, or nowhere; the message becomes its failure."""


@dataclass
class Command:
    """A process to start."""

    argv: list[str]
    env: Mapping[str, str]
    notes: list[str] = field(default_factory=list)
    is_spark: bool = False


def command_of(
    step: Record, cluster: Record, *, spark: LocalSpark, objects: ObjectStore, work: Path, aws: dict[str, str]
) -> Command:
    """Translate a step.

    :param work: the folder that the step runs in.
    :raises StepRefused: with the reason.
    """
    jar, args = step["jar"]["Jar"].rpartition("/")[2], list(step["jar"].get("Args", []))
    if not args:
        raise StepRefused(f"{jar} was given no arguments")
    if jar == "command-runner.jar":
        if args[0] == "spark-submit":
            return _spark_submit(args[1:], cluster, spark, objects, work, aws)
        return Command(args, _with_settings(spark, work, cluster, aws))
    if jar == "script-runner.jar":
        script = work / "script.sh"
        objects.download(args[0], script)
        return Command(["bash", str(script), *args[1:]], _with_settings(spark, work, cluster, aws))
    raise StepRefused(f"local_aws runs command-runner.jar and script-runner.jar, not {step['jar']['Jar']}")


def _spark_submit(
    args: list[str], cluster: Record, spark: LocalSpark, objects: ObjectStore, work: Path, aws: dict[str, str]
) -> Command:
    if not has_spark(cluster):
        raise StepRefused('Cannot run program "spark-submit": Spark is not among the Applications of the cluster')
    try:
        submit = arguments.read(args, spark_defaults(cluster))
    except ValueError as error:
        raise StepRefused(str(error)) from error
    prepared = spark.prepare(submit, work, aws, input_bytes=input_bytes(objects, submit.program))
    release = cluster["request"]["ReleaseLabel"]
    notes = [
        f"{release} has Spark {releases.spark_of(release)}; local_aws runs Spark {spark_version()} on {spark.java}, "
        f"driver and executors in one JVM with a heap of {driver_memory()}"
    ]
    hidden = hidden_buckets(objects.buckets())
    if hidden:
        notes.append(f"Spark cannot be shown these buckets, whose names extend those of others: {', '.join(hidden)}")
    if submit.dropped:
        notes.append(f"Without effect on one machine: {', '.join(submit.dropped)}")
    return Command(prepared.argv, prepared.env, notes, is_spark=True)


def _with_settings(spark: LocalSpark, work: Path, cluster: Record, aws: dict[str, str]) -> dict[str, str]:
    """The environment in which a program that starts Spark by itself finds s3:// and the cluster's defaults, too."""
    submit = arguments.read([], spark_defaults(cluster))
    spark.write_settings(work / "conf", work, submit.properties)
    return spark.environment(work, aws)


def spark_defaults(cluster: Record) -> dict[str, str]:
    """The properties of the cluster's Configurations for spark-defaults, the later ones winning."""
    found: dict[str, str] = {}
    configurations: list[dict[str, Any]] = cluster["request"].get("Configurations", [])
    for configuration in configurations:
        if configuration.get("Classification") == "spark-defaults":
            found.update(configuration.get("Properties", {}))
    return found


def ignored_classifications(cluster: Record) -> list[str]:
    """The classifications of the cluster's Configurations that change nothing here."""
    named = [str(item.get("Classification")) for item in cluster["request"].get("Configurations", [])]
    return sorted(set(named) - {"spark-defaults"})

"""Reading the arguments of ``spark-submit``: which of them hold on one machine, and which only on a cluster."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

#: Options that the local launch hands on as they are.
_KEPT = {
    "--class", "--name", "--py-files", "--files", "--jars", "--archives", "--packages", "--exclude-packages",
    "--repositories",
}  # fmt: skip
#: Options that place or size what a cluster has many of, that sign in to it, or size the driver, which is all here.
_CLUSTER = {
    "--master", "--deploy-mode", "--num-executors", "--executor-memory", "--executor-cores", "--total-executor-cores",
    "--driver-cores", "--driver-memory", "--driver-class-path", "--driver-library-path", "--queue", "--principal",
    "--keytab", "--proxy-user",
}  # fmt: skip
#: Options that end up in the properties or on the command line of Java.
_OWN = {"--conf", "-c", "--driver-java-options"}
#: Options that would put another configuration, another cluster or no program at all in place of this one.
_REFUSED = {"--properties-file", "--kill", "--status", "--remote"}
_FLAGS = {"--verbose", "-v", "--supervise", "--help", "-h", "--version", "--load-spark-defaults", "--usage-error"}
#: Properties of a cluster's layout, and those that would take s3:// away from the buckets' folders.
_CLUSTER_PROPERTIES = (
    "spark.master", "spark.submit.deployMode", "spark.yarn.", "spark.executor.", "spark.dynamicAllocation.",
    "spark.shuffle.service.", "spark.driver.cores", "spark.driver.memory", "spark.driver.host",
    "spark.driver.bindAddress", "spark.eventLog.", "spark.history.", "spark.kerberos.", "spark.local.dir",
    "spark.hadoop.yarn.", "spark.emr-serverless.", "spark.hadoop.fs.s3.impl", "spark.hadoop.fs.s3a.impl",
    "spark.hadoop.fs.viewfs.",
)  # fmt: skip


@dataclass
class Submit:
    """A ``spark-submit`` as it is carried out here."""

    options: list[str] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)
    java_options: str = ""
    program: list[str] = field(default_factory=list)  # the file and its own arguments
    dropped: list[str] = field(default_factory=list)

    def take(self, properties: Mapping[str, str]) -> None:
        """Add properties: those of a cluster's layout are dropped, those of the driver's JVM go to its command line."""
        for key, value in properties.items():
            if key == "spark.driver.extraJavaOptions":
                self.java_options = value
            elif key.startswith(_CLUSTER_PROPERTIES) or value.startswith("com.amazon"):  # EMR's own classes
                self.dropped.append(f"{key}={value}")
            else:
                self.properties[key] = value


def read(arguments: Sequence[str], defaults: Mapping[str, str]) -> Submit:
    """What follows ``spark-submit`` on a command line, on top of the cluster's ``spark-defaults``.

    :raises ValueError: for an option that has no meaning here, or none at all.
    """
    submit = Submit()
    submit.take(defaults)
    rest = iter(arguments)
    for argument in rest:
        if not argument.startswith("-"):
            submit.program = [argument, *rest]
            break
        name, equals, value = argument.partition("=")
        if name in _FLAGS:
            submit.dropped.append(argument)
        elif name in _KEPT or name in _CLUSTER or name in _OWN:
            _option(submit, name, value if equals else _value(name, rest))
        elif name in _REFUSED:
            raise ValueError(f"spark-submit {name} cannot be carried out by local_aws")
        else:
            raise ValueError(f"Unrecognized option: {argument}")
    return submit


def _value(name: str, rest: Iterator[str]) -> str:
    try:
        return next(rest)
    except StopIteration:
        raise ValueError(f"Missing argument for option '{name}'.") from None


def _option(submit: Submit, name: str, value: str) -> None:
    if name in _CLUSTER:
        submit.dropped.append(f"{name} {value}")
    elif name in ("--conf", "-c"):
        key, equals, setting = value.partition("=")
        if not equals:
            raise ValueError(f"Spark config without '=': {value}")
        submit.take({key: setting})
    elif name == "--driver-java-options":
        submit.java_options = value
    else:
        submit.options += [name, value]

"""The files that make Spark work here as it does on EMR: spark-defaults.conf and the logging.

The heart is ``s3://``: Hadoop's ViewFileSystem takes over the schemes s3 and s3a and resolves each bucket to its
folder. A bucket needs a mount of its own (mount tables go by host name), so the file is written for each submit.
``rawlocal`` is the plain local file system without the ``.crc`` files that Hadoop's usual one leaves beside each file.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

_S3_ON_FOLDERS = {
    "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme",
    "spark.hadoop.fs.s3a.impl": "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme",
    "spark.hadoop.fs.rawlocal.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
    # The committer that Hadoop prefers for s3a lives in hadoop-aws, which is not here; renames are atomic on a disk.
    "spark.hadoop.mapreduce.outputcommitter.factory.scheme.s3a": (
        "org.apache.hadoop.mapreduce.lib.output.FileOutputCommitterFactory"
    ),
}

_LOGGING = """rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n%ex
# Native code for Hadoop is nowhere in the pip package; its absence is no news.
logger.native.name = org.apache.hadoop.util.NativeCodeLoader
logger.native.level = error
"""


def local_defaults(cores: int, scratch: Path) -> dict[str, str]:
    """What holds on one machine: everything in one JVM, no web server, temporary files inside ``scratch``."""
    return {
        "spark.master": f"local[{cores}]",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.warehouse.dir": (scratch / "warehouse").as_uri(),
        # 200 tasks a shuffle are for clusters; more tasks than cores only cost here.
        "spark.sql.shuffle.partitions": str(cores),
        "spark.default.parallelism": str(cores),
        # Compressing what never leaves this machine's page cache, or its memory, is work for nothing.
        "spark.shuffle.compress": "false",
        "spark.sql.inMemoryColumnarStorage.compressed": "false",
    }


def hidden_buckets(buckets: Iterable[str]) -> list[str]:
    """Buckets that Spark cannot be shown: ``shop.logs`` where there is ``shop``, too.

    Hadoop finds the mounts of ``shop`` by the start of their keys, takes those of ``shop.logs`` for nonsense among them
    and then refuses ``shop`` altogether.
    """
    names = sorted(buckets)
    return [name for name in names if any(name.startswith(f"{other}.") for other in names)]


def bucket_mounts(bucket_root: Path, buckets: Iterable[str]) -> dict[str, str]:
    """The file systems, and one mount a bucket. A bucket that is not there fails with its name, as on AWS."""
    names = list(buckets)
    root = bucket_root.as_uri().replace("file:", "rawlocal:", 1)
    shown = [name for name in names if name not in hidden_buckets(names)]
    mounts = {f"spark.hadoop.fs.viewfs.mounttable.{name}.linkFallback": f"{root}/{name}" for name in shown}
    return {**_S3_ON_FOLDERS, **mounts}


def properties_file(properties: Mapping[str, str]) -> str:
    """Java's format of properties, in which a backslash escapes and a value ends at the line's end."""
    lines = (f"{key} {value}".replace("\\", "\\\\").replace("\n", "\\n") for key, value in properties.items())
    return "".join(f"{line}\n" for line in lines)


def write_settings(folder: Path, properties: Mapping[str, str]) -> None:
    """Fill a SPARK_CONF_DIR."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spark-defaults.conf").write_text(properties_file(properties))
    (folder / "log4j2.properties").write_text(_LOGGING)

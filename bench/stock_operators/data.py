"""Data: SQL that is changed on its way, a cluster that nobody ends."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.operators.emr import EmrCreateJobFlowOperator
from airflow.providers.amazon.aws.transfers.redshift_to_s3 import RedshiftToS3Operator

from bench.stock_operators.driver import go_on, start
from bench.stock_operators.lines import Line, Seen
from bench.stock_operators.spec import SPEC
from bench.support.local import until
from trainyard.catalog import CLUSTER, STATEMENT
from trainyard.operators.job import JobOperator
from trainyard.requests.emr import cluster
from trainyard.requests.unload import unload

if TYPE_CHECKING:
    from bench.stock_operators.account import Account

SELECT = "SELECT a, b FROM words WHERE a <> '' AND b <> ''"
_ALIVE = ["STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING"]


def stock_unload(account: Account) -> Seen:
    """A SELECT with two empty literals is unloaded: of three rows one has two words."""
    _table(account)
    key = f"compare/{account.name('unload')}/"
    target = {"workgroup_name": account.outputs["WorkgroupName"], "database": "dev", "wait_for_completion": True,
              "poll_interval": 1}  # fmt: skip
    operator = RedshiftToS3Operator(
        task_id="unload", s3_bucket=account.bucket, s3_key=key, select_query=SELECT, redshift_conn_id="aws_default",
        unload_options=["FORMAT AS CSV", "PARALLEL OFF"], redshift_data_api_kwargs=target,
    )  # fmt: skip
    start(account.task(operator))
    s3 = account.client("s3")
    found = s3.list_objects_v2(Bucket=account.bucket, Prefix=key).get("Contents", [])
    rows = sum(s3.get_object(Bucket=account.bucket, Key=item["Key"])["Body"].read().count(b"\n") for item in found)
    keys = "aws_secret_access_key" in _newest_statement(account)
    return Seen(
        f"{rows} rows for 1{'; the secret key stands in the statement' if keys else ''}", rows == 1 and not keys
    )


def our_unload(account: Account) -> Seen:
    """The same SELECT."""
    _table(account)
    operator = JobOperator(
        task_id="unload", kind=STATEMENT, spec=SPEC, time_limit=timedelta(minutes=5),
        request=lambda job, _runtime: unload(job, SELECT), result=lambda ended: {"to": ended.job.place.folder("data")},
    )  # fmt: skip
    ti = account.task(operator)
    folder = go_on(ti, start(ti), 60)["to"].removeprefix(f"s3://{account.bucket}/")
    manifest = account.client("s3").get_object(Bucket=account.bucket, Key=f"{folder}manifest")["Body"].read()
    rows = sum(entry["meta"]["record_count"] for entry in json.loads(manifest)["entries"])
    keys = "secret" in _newest_statement(account)
    return Seen(f"{rows} row for 1; the statement names a role", rows == 1 and not keys)


def stock_cluster(account: Account) -> Seen:
    """The cluster does not get ready within the operator's budget."""
    name = account.name("nightly")
    config = {
        "Name": name,
        "ReleaseLabel": "emr-7.9.0",
        "Applications": [{"Name": "Spark"}],
        "ServiceRole": account.outputs["EmrServiceRoleArn"],
        "JobFlowRole": account.outputs["EmrInstanceProfile"],
        "Instances": {
            "InstanceGroups": [{"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1}],
            "KeepJobFlowAliveWhenNoSteps": True,
        },
    }
    operator = EmrCreateJobFlowOperator(
        task_id="cluster", job_flow_overrides=config, emr_conn_id=None, deferrable=True, waiter_delay=1,
        waiter_max_attempts=5, wait_for_completion=True,
    )  # fmt: skip
    return _slow(account, operator, name)


def our_cluster(account: Account) -> Seen:
    """The same, with ours."""
    operator = JobOperator(
        task_id=account.name("nightly"), kind=CLUSTER, spec=SPEC, request=lambda job, _runtime: cluster(job),
        result=lambda _ended: {}, time_limit=timedelta(seconds=5), execution_timeout=timedelta(seconds=5),
    )  # fmt: skip
    return _slow(account, operator, operator.task_id)


def _slow(account: Account, operator: Any, name: str) -> Seen:
    starting = {"Cluster.Status.State": "STARTING"}
    ti, how = account.task(operator), "succeeded"
    with account.admin.fault("reply", service="emr", operation="DescribeCluster", set=starting):
        try:
            go_on(ti, start(ti), 90)
        except Exception as error:  # whatever a task raises is how it ends
            how = f"failed ({type(error).__name__})"
    try:
        until(lambda: not _clusters(account, name), 20)
    except TimeoutError:
        account.client("emr").terminate_job_flows(JobFlowIds=_clusters(account, name))
        return Seen(f"task {how}, the cluster is up 20 s later", False)
    return Seen(f"task {how}, the cluster is ended", True)


def _clusters(account: Account, name: str) -> list[str]:
    return [item["Id"] for item in account.client("emr").list_clusters(ClusterStates=_ALIVE)["Clusters"]
            if name in item["Name"]]  # fmt: skip


def _table(account: Account) -> None:
    for sql in ("DROP TABLE IF EXISTS words", "CREATE TABLE words (a varchar, b varchar)",
                "INSERT INTO words VALUES ('x', 'y'), ('', 'z'), ('q', '')"):  # fmt: skip
        data = account.client("redshift-data")
        asked = data.execute_statement(WorkgroupName=account.outputs["WorkgroupName"], Database="dev", Sql=sql)["Id"]
        until(lambda asked=asked, data=data: data.describe_statement(Id=asked)["Status"] == "FINISHED")  # type: ignore[misc]  # mypy infers no type for a lambda with defaults


def _newest_statement(account: Account) -> str:
    data = account.client("redshift-data")
    newest = max(data.list_statements(Status="ALL")["Statements"], key=lambda item: item["CreatedAt"])
    return str(data.describe_statement(Id=newest["Id"])["QueryString"])


LINES = (
    Line(5, "UNLOAD of a SELECT with empty literals", stock_unload, our_unload),
    Line(7, "an EMR cluster does not get ready in time", stock_cluster, our_cluster),
)

"""Releases: a rollback taken for success, a second run that fails on what the first one made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.operators.sagemaker import SageMakerEndpointOperator, SageMakerModelOperator

from bench.stock_operators.account import IMAGE
from bench.stock_operators.driver import go_on, start
from bench.stock_operators.lines import Line, Seen
from bench.stock_operators.spec import SPEC
from trainyard.operators.endpoint import EndpointOperator

if TYPE_CHECKING:
    from bench.stock_operators.account import Account

_MACHINE = {"VariantName": "all", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}


def stock_rollback(account: Account) -> Seen:
    """An endpoint is updated to a model that does not come up."""
    sagemaker, name = account.client("sagemaker"), account.name("shop")
    good, bad = (_config(account, broken=broken) for broken in (False, True))
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=good)
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig={"Delay": 1})
    config = {"EndpointName": name, "EndpointConfigName": bad}
    operator = SageMakerEndpointOperator(
        task_id="deploy", config=config, operation="update", deferrable=True, check_interval=1
    )
    ti = account.task(operator)
    try:
        go_on(ti, start(ti), 120)
    except Exception as error:  # whatever a task raises is how it ends
        return Seen(f"task failed: {type(error).__name__}", True)
    live = sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"]
    sagemaker.delete_endpoint(EndpointName=name)
    return Seen(f"task succeeded, {'the old' if live == good else 'the new'} version is live", live == bad)


def our_rollback(account: Account) -> Seen:
    """The same, with ours."""
    first, second = (_version(account, broken=broken) for broken in (False, True))
    _deploy(account, first)
    live = _live(account)
    try:
        _deploy(account, second)
    except Exception as error:  # as above
        told = "the old version is live" if _live(account) == live else "another version is live"
        return Seen(f"task failed: {type(error).__name__}, {told}", _live(account) == live)
    return Seen("task succeeded", _live(account) != live)


def stock_rerun(account: Account) -> Seen:
    """The task that makes the model is cleared and runs again."""
    config = _model_request(account, account.name("model"))
    ti = account.task(SageMakerModelOperator(task_id="model", config=config))
    start(ti)
    try:
        start(ti)
    except Exception as error:  # as above
        reason = str(error).partition(": ")[2].partition(' "')[0]
        return Seen(f"second run failed: {reason}", False)
    return Seen("second run succeeded", True)


def our_rerun(account: Account) -> Seen:
    """The task that makes model, config and endpoint is cleared and runs again."""
    version = _version(account, broken=False)
    _deploy(account, version)
    calls = _updates(account)
    _deploy(account, version)
    return Seen(f"second run succeeded with {_updates(account) - calls} calls to update", _updates(account) == calls)


def _deploy(account: Account, version: dict[str, Any]) -> None:
    examples = {"sample_request": {"user": "anybody"}}
    scores = {"sample_answer": ""}
    ti = account.task(EndpointOperator(task_id="deploy", spec=SPEC, version=version, examples=examples, scores=scores))
    go_on(ti, start(ti), 120)


def _live(account: Account) -> str:
    described = account.client("sagemaker").describe_endpoint(EndpointName=SPEC.serving.endpoint)
    return str(described["EndpointConfigName"])


def _updates(account: Account) -> int:
    calls = account.admin.calls()
    return sum(calls.get(f"sagemaker:{name}Endpoint", 0) for name in ("Create", "Update"))


def _model_request(account: Account, name: str, *, broken: bool = False) -> dict[str, Any]:
    container = {"Image": IMAGE, "ModelDataUrl": account.model_data(broken=broken)}
    return {
        "ModelName": name,
        "PrimaryContainer": container,
        "ExecutionRoleArn": account.outputs["SageMakerHostingRoleArn"],
    }


def _config(account: Account, *, broken: bool) -> str:
    sagemaker, name = account.client("sagemaker"), account.name("version")
    sagemaker.create_model(**_model_request(account, name, broken=broken))
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[_MACHINE | {"ModelName": name}])
    return name


def _version(account: Account, *, broken: bool) -> dict[str, Any]:
    sagemaker = account.client("sagemaker")
    groups = sagemaker.list_model_package_groups(NameContains="compare")["ModelPackageGroupSummaryList"]
    if not groups:
        sagemaker.create_model_package_group(ModelPackageGroupName="compare")
    package = sagemaker.create_model_package(
        ModelPackageGroupName="compare",
        ModelApprovalStatus="Approved",
        InferenceSpecification={
            "Containers": [{"Image": IMAGE, "ModelDataUrl": account.model_data(broken=broken)}],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
        CustomerMetadataProperties={"partition": "2026-02-02"},
    )["ModelPackageArn"]
    return {"model_package": package, "model_version": int(package.rpartition("/")[2]), "partition": "2026-02-02"}


LINES = (
    Line(3, "an update of the endpoint is rolled back", stock_rollback, our_rollback),
    Line(6, "what made the model is run a second time", stock_rerun, our_rerun),
)

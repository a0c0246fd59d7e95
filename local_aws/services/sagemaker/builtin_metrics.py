"""The metrics that SageMaker reads from the logs of its built-in algorithms without being told how."""

from typing import Any

from local_aws.containers.images import image_for
from local_aws.errors import AwsError

_NUMBER = r"([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"
#: What the documentation page "XGBoost hyperparameter tuning" lists as metrics that the algorithm computes.
_XGBOOST = (
    "accuracy", "auc", "error", "f1", "f1_binary", "f1_macro", "logloss", "mae", "map", "merror", "mlogloss", "mse",
    "ndcg", "r2", "rmse", "rmsle",
)  # fmt: skip


def definitions(specification: dict[str, Any]) -> list[dict[str, str]]:
    """Return a job's MetricDefinitions: its own, or those of its built-in algorithm.

    :param specification: the job's AlgorithmSpecification, with an image that is served.
    """
    own: list[dict[str, str]] = specification.get("MetricDefinitions", [])
    uri = specification.get("TrainingImage")
    if own or not uri or "ContainerEntrypoint" in specification or not _is_xgboost(uri):
        return own
    return [
        {"Name": f"{channel}:{metric}", "Regex": rf".*\[[0-9]+\].*#011{channel}-{metric}:{_NUMBER}"}
        for channel in ("train", "validation")
        for metric in _XGBOOST
    ]


def _is_xgboost(uri: str) -> bool:
    try:
        return image_for(uri).kind == "xgboost"
    except AwsError:
        # The folder of an image of one's own went away after the job was accepted; the job says so when it starts.
        return False

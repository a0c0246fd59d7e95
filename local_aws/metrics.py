"""CloudWatch metrics of jobs and endpoints; moto keeps and aggregates them."""

from collections.abc import Mapping
from datetime import datetime

from local_aws.moto_bridge import put_metric


class JobMetrics:
    """Puts what jobs print, and what endpoints count, into CloudWatch."""

    def __init__(self, region: str) -> None:
        self._region = region

    def put(self, namespace: str, name: str, value: float, dimensions: Mapping[str, str], at: datetime) -> None:
        """Store one value of one metric."""
        datum = {
            "MetricName": name,
            "Value": value,
            "Timestamp": at,
            "Dimensions": [{"Name": key, "Value": text} for key, text in dimensions.items()],
        }
        put_metric(namespace, self._region, datum)

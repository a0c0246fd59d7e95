"""CloudWatch's metrics of invocations, summed up over some seconds, so that counting costs a request nearly nothing."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from local_aws import moto_bridge

NAMESPACE = "AWS/SageMaker"


@dataclass
class _Statistics:
    """A statistic set, as PutMetricData takes it."""

    count: int = 0
    total: float = 0.0
    least: float = float("inf")
    most: float = float("-inf")

    def add(self, value: float) -> None:
        self.count += 1
        self.total += value
        self.least = min(self.least, value)
        self.most = max(self.most, value)


@dataclass
class _Counters:
    """What one variant did since the last flush."""

    statistics: dict[str, _Statistics] = field(default_factory=dict)

    def add(self, name: str, value: float) -> None:
        self.statistics.setdefault(name, _Statistics()).add(value)


class InvocationMetrics:
    """Invocations, errors and latency by endpoint and variant."""

    def __init__(self, region: str) -> None:
        self._region = region
        self._lock = threading.Lock()
        self._counters: dict[tuple[str, str], _Counters] = {}

    def note(self, endpoint: str, variant: str, status: int, seconds: float) -> None:
        """Count one invocation that the model answered with ``status`` after ``seconds``."""
        with self._lock:
            counters = self._counters.setdefault((endpoint, variant), _Counters())
            counters.add("Invocations", 1)
            counters.add("Invocation4XXErrors", 400 <= status < 500)
            counters.add("Invocation5XXErrors", status >= 500)
            counters.add("ModelLatency", seconds * 1e6)

    def flush(self) -> None:
        """Hand what was counted to CloudWatch."""
        with self._lock:
            counted, self._counters = self._counters, {}
        for (endpoint, variant), counters in counted.items():
            for name, statistics in counters.statistics.items():
                moto_bridge.put_metric(NAMESPACE, self._region, _datum(endpoint, variant, name, statistics))


def _datum(endpoint: str, variant: str, name: str, statistics: _Statistics) -> dict[str, Any]:
    return {
        "MetricName": name,
        "Dimensions": [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": variant}],
        "Timestamp": datetime.now(UTC),
        "Unit": "Microseconds" if name == "ModelLatency" else "Count",
        "StatisticValues": {
            "SampleCount": statistics.count,
            "Sum": statistics.total,
            "Minimum": statistics.least,
            "Maximum": statistics.most,
        },
    }

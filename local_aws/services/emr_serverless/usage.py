"""What a job run used, and what AWS would bill for it.

Here driver and executors are one process of this machine. The figures are those of the workers that the run asked for,
as if each had run from the first second to the last: what it would cost at most without dynamic allocation.
"""

import re
from typing import Any

from local_aws.state import Record

#: A worker of EMR Serverless that nobody sized: 4 vCPU, 14 GB of heap with 10 % on top, 20 GB of disk; and three
#: executors to begin with (user guide, "Spark job properties").
_CORES, _MEMORY_GB, _DISK_GB, _EXECUTORS = 4.0, 14.0, 20.0, 3
_OVERHEAD = 1.1
_FREE_DISK_GB = 20.0
_LEAST_BILLED_SECONDS = 60


def usage(run: Record) -> dict[str, Any]:
    """``totalResourceUtilization``, ``billedResourceUtilization``, ``totalExecutionDurationSeconds`` of a run's end."""
    started, ended = run.get("started"), run.get("ended")
    if not started or not ended:
        return {}
    seconds = (ended - started).total_seconds()
    workers = _workers(run["properties"])
    billed_seconds = max(_LEAST_BILLED_SECONDS, round(seconds))
    return {
        "totalExecutionDurationSeconds": round(seconds),
        "totalResourceUtilization": _hours(workers, seconds, free_disk=0.0),
        "billedResourceUtilization": _hours(workers, billed_seconds, free_disk=_FREE_DISK_GB),
    }


def _workers(properties: dict[str, str]) -> list[tuple[float, float, float]]:
    """Cores, GB of memory and GB of disk of the driver and of each executor."""
    given = ("spark.executor.instances", "spark.dynamicAllocation.initialExecutors")
    count = next((int(properties[name]) for name in given if properties.get(name, "").isdecimal()), _EXECUTORS)
    most = properties.get("spark.dynamicAllocation.maxExecutors", "")
    if most.isdecimal():
        count = min(count, int(most))
    return [_worker("driver", properties), *[_worker("executor", properties)] * count]


def _worker(kind: str, properties: dict[str, str]) -> tuple[float, float, float]:
    cores = properties.get(f"spark.{kind}.cores", "")
    memory = _gigabytes(properties.get(f"spark.{kind}.memory", ""), _MEMORY_GB)
    disk = _gigabytes(properties.get(f"spark.emr-serverless.{kind}.disk", ""), _DISK_GB)
    return float(cores) if cores.isdecimal() else _CORES, memory * _OVERHEAD, disk


def _gigabytes(size: str, default: float) -> float:
    """The GB in ``14g`` or ``2048m``."""
    match = re.fullmatch(r"(\d+)\s*([mgt])b?", size.strip().lower())
    return default if match is None else int(match[1]) * {"m": 1 / 1024, "g": 1.0, "t": 1024.0}[match[2]]


def _hours(workers: list[tuple[float, float, float]], seconds: float, *, free_disk: float) -> dict[str, float]:
    hours = seconds / 3600
    return {
        "vCPUHour": round(sum(worker[0] for worker in workers) * hours, 3),
        "memoryGBHour": round(sum(worker[1] for worker in workers) * hours, 3),
        "storageGBHour": round(sum(max(0.0, worker[2] - free_disk) for worker in workers) * hours, 3),
    }

"""What an hour costs, so that a leftover is seen for what it is. An order of magnitude, not a bill.

On-demand list prices in us-east-1, in US dollars an hour, from AWS's pricing pages for SageMaker (training, processing,
transform) and for EMR on EC2 (the machine plus EMR's own price). Other regions, discounts and Spot differ; what is not
listed here is unknown, and said to be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

HOURLY: Mapping[str, float] = {
    # SageMaker
    "ml.t3.medium": 0.05, "ml.t3.large": 0.10, "ml.t3.xlarge": 0.20,
    "ml.m5.large": 0.115, "ml.m5.xlarge": 0.23, "ml.m5.2xlarge": 0.461, "ml.m5.4xlarge": 0.922,
    "ml.m5.12xlarge": 2.765, "ml.m5.24xlarge": 5.53,
    "ml.c5.large": 0.102, "ml.c5.xlarge": 0.204, "ml.c5.2xlarge": 0.408, "ml.c5.4xlarge": 0.816, "ml.c5.9xlarge": 1.836,
    "ml.r5.large": 0.151, "ml.r5.xlarge": 0.302, "ml.r5.2xlarge": 0.605, "ml.r5.4xlarge": 1.21,
    "ml.g4dn.xlarge": 0.736, "ml.g4dn.2xlarge": 0.94, "ml.g4dn.12xlarge": 4.89,
    "ml.g5.xlarge": 1.408, "ml.g5.2xlarge": 1.515, "ml.g5.12xlarge": 7.09, "ml.g5.48xlarge": 20.36,
    "ml.p3.2xlarge": 3.825, "ml.p3.8xlarge": 14.688,
    # EMR on EC2
    "m5.xlarge": 0.24, "m5.2xlarge": 0.48, "m5.4xlarge": 0.96, "c5.xlarge": 0.213, "c5.2xlarge": 0.425,
    "r5.xlarge": 0.315, "r5.2xlarge": 0.63, "r5.4xlarge": 1.26,
}  # fmt: skip
STORED = 0.023  # a GB in S3 Standard, a month


def hourly(machines: Mapping[str, int]) -> float | None:
    """Return what these machines cost an hour, or None when one of them is not listed.

    Args:
        machines: how many of each instance type.
    """
    if not machines or not machines.keys() <= HOURLY.keys():
        return None
    return sum(HOURLY[instance_type] * count for instance_type, count in machines.items())

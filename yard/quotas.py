"""How many jobs the service quotas of an AWS account hold, for each pool that the models name."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from trainyard.spec import ModelSpec
from yard.clients import Account
from yard.errors import YardError

_DEFAULT = "default_pool"  # Airflow's own: it is for everything, and no quota's
#: EC2 counts the virtual CPUs of whole groups of families: the quota's name by the letters that a type begins with.
_STANDARD = "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances"
_EC2 = dict.fromkeys(("a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"), _STANDARD) | {
    "g": "Running On-Demand G and VT instances",
    "x": "Running On-Demand X instances",
}
_BY_HAND = "EMR Serverless, or rare machines: size it by hand, docs/run-on-aws.md"


@dataclass(frozen=True)
class Use:
    """A step that waits for a slot of a pool.

    :param quota: the name of the quota that its machines come from, as Service Quotas has it; empty when it is not
        known here.
    :param machines: how many each job takes.
    :param counted_in_cpus: the type of the machines, where the quota counts their virtual CPUs.
    """

    pool: str
    quota: str
    machines: int
    counted_in_cpus: str = ""


def uses(spec: ModelSpec) -> Iterator[Use]:
    """What a model's steps wait for: SageMaker's quotas by kind of job, EC2's for the machines of a cluster."""
    training = "spot training job" if spec.training.spot_wait is not None else "training job"
    for compute, kind in (
        (spec.training.compute, training),
        (spec.evaluation, "processing job"),
        (spec.serving.scoring, "transform job"),
    ):
        if compute.pool != _DEFAULT:
            yield Use(compute.pool, f"{compute.instance_type} for {kind} usage", compute.instance_count)
    cluster = spec.spark.compute
    if cluster.pool != _DEFAULT:
        letters = re.match("[a-z]+", cluster.instance_type)
        quota = _EC2.get(letters[0], "") if letters and spec.spark.on == "emr" else ""
        yield Use(cluster.pool, quota, cluster.instance_count + 1, cluster.instance_type)  # one is the primary


def sizes(named: Iterable[Use], found: Mapping[str, float], cpus: Mapping[str, int]) -> dict[str, int]:
    """The slots of each pool: a slot is a job, and the scarcest machine of a pool decides.

    :param found: the quotas by name.
    :param cpus: of each machine whose quota counts them.
    :raises YardError: for a quota that is not there, or that holds not one job.
    """
    slots: dict[str, int] = {}
    for use in named:
        if not use.quota:
            raise YardError(f"No quota is known here for what pool {use.pool} is for.", _BY_HAND)
        if use.quota not in found:
            raise YardError(f"Service Quotas knows no quota {use.quota!r} in this region.", "Is the type offered here?")
        jobs = int(found[use.quota] // (use.machines * cpus.get(use.counted_in_cpus, 1)))
        if jobs < 1:
            raise YardError(
                f"The quota {use.quota!r} is {found[use.quota]:.0f}: not one job of {use.machines} machines.",
                "Ask for more: https://console.aws.amazon.com/servicequotas/",
            )
        slots[use.pool] = min(jobs, slots.get(use.pool, jobs))
    return slots


def quotas() -> dict[str, float]:
    """The quotas of SageMaker and EC2 in the account and region of this machine's credentials, by name.

    An account's own values stand before AWS's defaults.
    """
    client = Account().client("service-quotas")
    found: dict[str, float] = {}
    for service in ("sagemaker", "ec2"):
        for operation in ("list_aws_default_service_quotas", "list_service_quotas"):
            for page in client.get_paginator(operation).paginate(ServiceCode=service):
                found |= {item["QuotaName"]: item["Value"] for item in page["Quotas"]}
    return found


def cpus(types: Collection[str]) -> dict[str, int]:
    """How many virtual CPUs, as EC2 counts them against a quota, each of these types of machines has."""
    if not types:
        return {}
    told = Account().client("ec2").describe_instance_types(InstanceTypes=sorted(types))["InstanceTypes"]
    return {item["InstanceType"]: item["VCpuInfo"]["DefaultVCpus"] for item in told}

"""Airflow's pools as large as the service quotas: jobs take turns instead of being refused.

A slot is a job, so a pool has as many as the quota of its machines holds jobs. Where a pool's steps use several types
of machine, the scarcest one decides. local_aws has no quotas: there the machine's cores are what is scarce.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import boto3

from trainyard.spec import ModelSpec
from yard import say
from yard.backfill.airflow import Backfills
from yard.backfill.pipeline import read_all
from yard.errors import YardError
from yard.home import Home
from yard.session import attach

_DEFAULT = "default_pool"  # Airflow's own: it is for everything, and no quota's


@dataclass(frozen=True)
class Use:
    """A step that waits for a slot of a pool.

    :param quota: the name of the quota that its machines come from, as Service Quotas has it.
    :param machines: how many each job takes.
    """

    pool: str
    quota: str
    machines: int


def pools(home: Home, *, on_aws: bool) -> None:
    """Size the pools that the models name.

    :param on_aws: by the quotas of the AWS account of this machine's credentials; prints what
        ``airflow pools import`` takes, and sets nothing. Else the pools of the Airflow that is up are set.
    :raises YardError: when no model names a pool, or a quota is not there.
    """
    named = sorted({use for pipeline in read_all(home) for use in uses(pipeline.spec)}, key=lambda use: use.pool)
    if not named:
        raise YardError(
            "No step names a pool: they all share default_pool, which no quota bounds.",
            'Compute("ml.g5.xlarge", pool="training_g5"): docs/run-on-aws.md',
        )
    if on_aws:
        sized = sizes(named, quotas())
        print(json.dumps({name: _described(name, slots) for name, slots in sized.items()}, indent=1))  # noqa: T201 - for a file
        return
    cores = os.cpu_count() or 1
    api = Backfills(attach(home).airflow().ui_url)
    for name in dict.fromkeys(use.pool for use in named):
        api.set_pool(name, cores, f"This machine has {cores} cores")
        say.done(f"{name}: {cores} slots, one a core")


def uses(spec: ModelSpec) -> Iterator[Use]:
    """What a model's steps wait for; EMR's machines are EC2's, whose quotas count virtual CPUs, and are left out."""
    training = "spot training job" if spec.training.spot_wait is not None else "training job"
    for compute, kind in (
        (spec.training.compute, training),
        (spec.evaluation, "processing job"),
        (spec.serving.scoring, "transform job"),
    ):
        if compute.pool != _DEFAULT:
            yield Use(compute.pool, f"{compute.instance_type} for {kind} usage", compute.instance_count)


def sizes(named: Iterable[Use], found: Mapping[str, float]) -> dict[str, int]:
    """The slots of each pool.

    :param found: the quotas by name.
    :raises YardError: for a quota that is not there, or that holds not one job.
    """
    slots: dict[str, int] = {}
    for use in named:
        if use.quota not in found:
            raise YardError(f"Service Quotas knows no quota {use.quota!r} in this region.", "Is the type offered here?")
        jobs = int(found[use.quota] // use.machines)
        if jobs < 1:
            raise YardError(
                f"The quota {use.quota!r} is {found[use.quota]:.0f}: not one job of {use.machines} machines.",
                "Ask for more: https://console.aws.amazon.com/servicequotas/",
            )
        slots[use.pool] = min(jobs, slots.get(use.pool, jobs))
    return slots


def quotas() -> dict[str, float]:
    """The quotas of SageMaker in the account and region of this machine's credentials, by name.

    An account's own values stand before AWS's defaults.
    """
    client = boto3.client("service-quotas")
    found: dict[str, float] = {}
    for operation in ("list_aws_default_service_quotas", "list_service_quotas"):
        for page in client.get_paginator(operation).paginate(ServiceCode="sagemaker"):
            found |= {item["QuotaName"]: item["Value"] for item in page["Quotas"]}
    return found


def _described(name: str, slots: int) -> dict[str, object]:
    return {"slots": slots, "description": f"By the service quotas: {name}", "include_deferred": True}

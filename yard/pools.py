"""Airflow's pools as large as the service quotas: jobs take turns instead of being refused.

A slot is a job, so a pool has as many as the quota of its machines holds jobs. local_aws has no quotas: there the
machine's cores are what is scarce.
"""

import json
import os

from yard import say
from yard.backfill.airflow import Backfills
from yard.backfill.pipeline import read_all
from yard.errors import YardError
from yard.home import Home
from yard.quotas import cpus, quotas, sizes, uses
from yard.session import attach


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
        sized = sizes(named, quotas(), cpus({use.counted_in_cpus for use in named} - {""}))
        print(json.dumps({name: _described(name, slots) for name, slots in sized.items()}, indent=1))  # noqa: T201 - for a file
        return
    cores = os.cpu_count() or 1
    api = Backfills(attach(home).airflow().ui_url)
    for name in dict.fromkeys(use.pool for use in named):
        api.set_pool(name, cores, f"This machine has {cores} cores")
        say.done(f"{name}: {cores} slots, one a core")


def _described(name: str, slots: int) -> dict[str, object]:
    return {"slots": slots, "description": f"By the service quotas: {name}", "include_deferred": True}

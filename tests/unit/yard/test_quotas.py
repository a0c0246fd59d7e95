"""How many jobs the quotas hold of the machines that the steps of a pool use."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.yard.backfill.test_estimate import SPEC
from trainyard.compute import Compute
from yard import quotas
from yard.clients import Account
from yard.errors import YardError
from yard.quotas import Use, sizes, uses

G5 = Use("gpu", "ml.g5.xlarge for training job usage", 2)
STANDARD = "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances"
G4 = Use("gpu", "ml.g4dn.xlarge for training job usage", 1)


def test_steps_of_the_default_pool_wait_for_no_quota() -> None:
    assert list(uses(SPEC)) == []


def test_a_step_names_the_quota_of_its_kind_of_job() -> None:
    training = replace(SPEC.training, compute=Compute("ml.g5.xlarge", 2, pool="gpu"))
    scoring = replace(SPEC.serving, scoring=Compute("ml.m5.xlarge", pool="cpu"))
    spec = replace(SPEC, training=training, serving=scoring)
    assert list(uses(spec)) == [G5, Use("cpu", "ml.m5.xlarge for transform job usage", 1)]
    spot = replace(SPEC, training=replace(training, spot_wait=timedelta(hours=1)))
    assert next(uses(spot)).quota == "ml.g5.xlarge for spot training job usage"


def test_a_cluster_takes_the_virtual_cpus_of_its_core_nodes_and_the_primary() -> None:
    spec = replace(SPEC, spark=replace(SPEC.spark, compute=Compute("m5.xlarge", 2, pool="emr")))
    (use,) = uses(spec)
    assert (use.quota, use.machines) == (STANDARD, 3)
    assert sizes([use], {STANDARD: 64.0}, {"m5.xlarge": 4}) == {"emr": 5}
    on_gpu = replace(SPEC, spark=replace(SPEC.spark, compute=Compute("g5.xlarge", pool="emr")))
    assert next(uses(on_gpu)).quota == "Running On-Demand G and VT instances"


@pytest.mark.parametrize("unknown", [{"compute": Compute("u7i-8tb.112xlarge", pool="emr")}, {"on": "emr-serverless"}])
def test_spark_whose_quota_is_not_known_is_to_be_sized_by_hand(unknown: dict[str, Any]) -> None:
    spark = replace(SPEC.spark, compute=Compute("m5.xlarge", 2, pool="emr"))
    (use,) = uses(replace(SPEC, spark=replace(spark, **unknown)))
    with pytest.raises(YardError, match="No quota is known here for what pool emr is for"):
        sizes([use], {STANDARD: 64.0}, {"m5.xlarge": 4})


def test_a_slot_is_a_job_and_the_scarcest_machine_decides() -> None:
    assert sizes([G5, G4], {G5.quota: 9.0, G4.quota: 3.0}, {}) == {"gpu": 3}
    assert sizes([G5, G4], {G5.quota: 4.0, G4.quota: 3.0}, {}) == {"gpu": 2}


def test_a_quota_that_is_not_there_or_too_small_is_named() -> None:
    with pytest.raises(YardError, match=r"no quota 'ml\.g5\.xlarge for training job usage'"):
        sizes([G5], {}, {})
    with pytest.raises(YardError, match="not one job of 2 machines"):
        sizes([G5], {G5.quota: 1.0}, {})


def test_an_accounts_own_quotas_stand_before_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    own = {"sagemaker": {G5.quota: 8.0}, "ec2": {STANDARD: 640.0}}
    defaults = {"sagemaker": {G5.quota: 0.0, G4.quota: 2.0}, "ec2": {STANDARD: 5.0}}

    class Client:
        def get_paginator(self, operation: str) -> "Client":
            self.told = own if operation == "list_service_quotas" else defaults
            return self

        def paginate(self, ServiceCode: str) -> list[dict[str, Any]]:
            return [{"Quotas": [{"QuotaName": name, "Value": n}]} for name, n in self.told[ServiceCode].items()]

    monkeypatch.setattr(Account, "client", lambda *_: Client())
    assert quotas.quotas() == {G5.quota: 8.0, G4.quota: 2.0, STANDARD: 640.0}

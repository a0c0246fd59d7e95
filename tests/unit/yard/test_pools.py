"""Pools as large as the quotas of the machines that their steps use."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest

from tests.unit.yard.backfill.test_estimate import SPEC
from trainyard.compute import Compute
from yard import pools
from yard.errors import YardError
from yard.pools import Use, sizes, uses

G5 = Use("gpu", "ml.g5.xlarge for training job usage", 2)
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


def test_a_slot_is_a_job_and_the_scarcest_machine_decides() -> None:
    assert sizes([G5, G4], {G5.quota: 9.0, G4.quota: 3.0}) == {"gpu": 3}
    assert sizes([G5, G4], {G5.quota: 4.0, G4.quota: 3.0}) == {"gpu": 2}


def test_a_quota_that_is_not_there_or_too_small_is_named() -> None:
    with pytest.raises(YardError, match=r"no quota 'ml\.g5\.xlarge for training job usage'"):
        sizes([G5], {})
    with pytest.raises(YardError, match="not one job of 2 machines"):
        sizes([G5], {G5.quota: 1.0})


def test_an_accounts_own_quotas_stand_before_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    class Client:
        def get_paginator(self, operation: str) -> "Client":
            self.own = operation == "list_service_quotas"
            return self

        def paginate(self, ServiceCode: str) -> list[dict[str, Any]]:
            assert ServiceCode == "sagemaker"
            quota = {"QuotaName": G5.quota, "Value": 8.0 if self.own else 0.0}
            return [{"Quotas": [quota] if self.own else [quota, {"QuotaName": G4.quota, "Value": 2.0}]}]

    monkeypatch.setattr(boto3, "client", lambda _service: Client())
    assert pools.quotas() == {G5.quota: 8.0, G4.quota: 2.0}

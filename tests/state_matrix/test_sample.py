"""A sample of the state matrix: two kinds of job, every state of theirs. The whole of it is ``make state-matrix``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local_aws.testing import LocalAwsAdmin
from tests.crash_matrix.world import furnish
from tests.state_matrix.__main__ import surroundings
from tests.support import stack_of
from tests.unit.trainyard.account import Account
from trainyard.settings import Settings
from yard import environment
from yard.clients import Aws

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import LocalAwsForTests


@pytest.mark.parametrize("key", ["processing", "statement"])
def test_only_the_allow_list_of_a_kind_is_green_whenever_a_state_is_met(
    key: str,
    local_aws: LocalAwsForTests,
    stack: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in surroundings(tmp_path, local_aws.endpoint_url).items():
        monkeypatch.setenv(name, value)
    from tests.state_matrix.matrix import GREEN, rows  # imports Airflow, which reads its surroundings then

    account = Account(local_aws, Settings.from_json(environment.variable(stack)))
    found = list(rows(key, account, LocalAwsAdmin(local_aws.endpoint_url)))
    assert [row for row in found if row.wrong] == []
    assert {row.state for row in found if row.after == GREEN} == found[0].kind.succeeded


@pytest.fixture(scope="module")
def stack(local_aws: LocalAwsForTests) -> dict[str, str]:
    """The stack of infra/, furnished with what the jobs read."""
    outputs = stack_of(local_aws)
    furnish(Aws(local_aws.endpoint_url), outputs)
    return outputs

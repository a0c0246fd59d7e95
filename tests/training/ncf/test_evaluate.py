"""Challenger, champion and popularity are judged on the same rows, by ids."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from artefact import Artefact
from evaluate import evaluation
from fit import judge
from job import JobError

from tests.training.ncf.shop import Shop


def renumbered(artefact: Artefact, users: list[int], items: list[int]) -> Artefact:
    """The same model of some of its users and items, numbered in another order, as another partition would."""
    weights = dict(artefact.model.state_dict())
    for name in ("gmf", "mlp"):
        weights[f"user_{name}.weight"] = weights[f"user_{name}.weight"][users]
        weights[f"item_{name}.weight"] = weights[f"item_{name}.weight"][items]
    model = type(artefact.model)(len(users), len(items), 8, 2)
    model.load_state_dict(weights)
    return replace(
        artefact,
        model=model.eval(),
        users=[artefact.users[user] for user in users],
        items=[artefact.items[item] for item in items],
        popularity=artefact.popularity[items],
    )


def test_the_report_says_what_was_measured(artefact: Artefact, shop: Shop) -> None:
    report = evaluation(shop.examples(), artefact, None, 10)
    measured = judge(artefact.model, shop.examples().test, 10)
    assert report["challenger"]["hr@10"] == pytest.approx(measured.hit_rate, abs=1e-6)
    assert report["challenger"]["ndcg@10"] == pytest.approx(measured.ndcg, abs=1e-6)
    assert report["champion"] is None
    assert set(report["baseline"]) == {"hr@10", "ndcg@10"}
    assert (report["partition_users"], report["k"], report["negatives"]) == (120, 10, 30)


def test_a_champion_with_other_numbers_for_the_same_ids_scores_the_same(artefact: Artefact, shop: Shop) -> None:
    champion = renumbered(artefact, list(range(119, -1, -1)), list(range(59, -1, -1)))
    report = evaluation(shop.examples(), artefact, champion, 10)
    assert report["champion"] == report["challenger"]


def test_users_the_champion_does_not_know_get_its_popularity(artefact: Artefact, shop: Shop) -> None:
    stranger = replace(renumbered(artefact, [0], list(range(60))), users=["somebody else"])
    report = evaluation(shop.examples(), artefact, stranger, 10)
    assert report["champion"]["known_users"] == 0
    assert report["champion"]["hr@10"] == report["baseline"]["hr@10"]


def test_items_the_champion_does_not_know_are_never_hits(artefact: Artefact, shop: Shop) -> None:
    positives = set(shop.test["positive"].tolist())
    shop.test["user"], shop.test["positive"] = shop.test["user"][:1], shop.test["positive"][:1]
    shop.test["negatives"] = shop.test["negatives"].slice(0, 1)
    positive = int(shop.test["positive"][0])
    assert positive in positives
    champion = renumbered(artefact, list(range(120)), [item for item in range(60) if item != positive])
    report = evaluation(shop.examples(), artefact, champion, 10)
    assert report["champion"]["known_positives"] == 0
    assert report["champion"]["hr@10"] == 0


def test_rows_with_too_few_negatives_are_left_out_and_counted(artefact: Artefact, shop: Shop) -> None:
    examples = shop.examples()
    examples.test.negatives[:20, 9:] = -1
    report = evaluation(examples, artefact, None, 10)
    assert (report["partition_users"], report["rows_left_out"]) == (100, 20)


def test_no_row_with_enough_negatives_is_an_error(artefact: Artefact, shop: Shop) -> None:
    with pytest.raises(JobError, match="No test row has 31 negatives or more"):
        evaluation(shop.examples(), artefact, None, 31)


def test_a_model_of_no_numbers_is_an_error(artefact: Artefact, shop: Shop) -> None:
    broken = renumbered(artefact, list(range(120)), list(range(60)))
    torch.nn.init.constant_(broken.model.last_mlp.bias, np.nan)
    with pytest.raises(JobError, match="NaN"):
        evaluation(shop.examples(), broken, None, 10)

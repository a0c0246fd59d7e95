"""Training learns, repeats itself, goes on after a stop, and judges by what it has not seen."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from checkpoint import Checkpoint
from fit import Best, Epochs, fit, hold_out, judge
from hyperparameters import Hyperparameters
from job import JobError
from model import NeuMF
from ranking import quality

from tests.training.ncf.shop import Shop


def rows(values: torch.Tensor) -> list[float]:
    listed: list[float] = values.flatten().tolist()
    return listed


def test_it_learns_taste_that_popularity_cannot_explain(shop: Shop, small: Hyperparameters) -> None:
    examples = shop.examples()
    options = replace(small, epochs=8)
    best = fit(examples, options)
    model = NeuMF(len(examples.users), len(examples.items), options.factor_num, options.num_layers)
    model.load_state_dict(best.weights)
    popular = quality(examples.popularity[examples.test.items].astype(float), examples.test, 10)
    # Half of the negatives are of the other taste: who knows it ranks the positive among 15 others, not 30.
    assert judge(model, examples.test, 10).hit_rate > popular.hit_rate + 0.2


def test_the_same_seed_makes_the_same_model_and_another_one_another(shop: Shop, small: Hyperparameters) -> None:
    examples = shop.examples()
    first, again, other = (fit(examples, replace(small, seed=seed)) for seed in (1, 1, 2))
    assert first.quality == again.quality
    assert all(torch.equal(first.weights[name], again.weights[name]) for name in first.weights)
    assert not torch.equal(first.weights["user_gmf.weight"], other.weights["user_gmf.weight"])


def test_metrics_are_printed_as_sagemaker_reads_them(
    shop: Shop, small: Hyperparameters, capsys: pytest.CaptureFixture[str]
) -> None:
    fit(shop.examples(), small)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("HR=")]
    assert len(lines) == small.epochs
    for line in lines:
        figures = [part.partition("=") for part in line.split("; ")[:3]]
        assert [name for name, _, _ in figures] == ["HR", "NDCG", "Loss"]
        assert all(len(value.rstrip(";").partition(".")[2]) == 4 for _, _, value in figures)


def test_the_last_event_of_each_user_judges_and_is_not_learned(shop: Shop, small: Hyperparameters) -> None:
    examples = shop.examples()
    learn, validation = hold_out(examples, small)
    assert len(learn) == len(examples.train) - 120
    assert learn.position.max() == 10
    last = examples.train.position == 11
    assert dict(zip(validation.user, validation.positive, strict=True)) == dict(
        zip(examples.train.user[last], examples.train.item[last], strict=True)
    )
    had = set(zip(examples.train.user.tolist(), examples.train.item.tolist(), strict=True))
    drawn = {(user, item) for user, row in zip(validation.user, validation.negatives, strict=True) for item in row}
    assert not had & drawn


def test_the_order_of_the_rows_of_train_does_not_matter_for_what_is_held_out(
    shop: Shop, small: Hyperparameters
) -> None:
    in_order = hold_out(shop.examples(), small)[1]
    shuffled = np.random.default_rng(3).permutation(120 * 12)
    shop.train = {name: values[shuffled] for name, values in shop.train.items()}
    shop_validation = hold_out(shop.examples(), small)[1]
    assert set(zip(in_order.user, in_order.positive, strict=True)) == set(
        zip(shop_validation.user, shop_validation.positive, strict=True)
    )


def test_a_user_with_a_single_event_keeps_it_for_learning(shop: Shop, small: Hyperparameters) -> None:
    keep = (shop.train["user"] != 5) | (shop.train["position"] == 0)
    shop.train = {name: values[keep] for name, values in shop.train.items()}
    learn, validation = hold_out(shop.examples(), small)
    assert 5 in learn.user
    assert 5 not in validation.user


def test_negatives_are_drawn_anew_in_each_epoch(shop: Shop, small: Hyperparameters) -> None:
    examples = shop.examples()
    drawn = []

    class Watched(NeuMF):
        def forward(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
            drawn.append(sorted(rows(items[:, 1:])))
            return super().forward(users, items)

    epochs = Epochs(Watched(120, 60, 8, 2), examples.train, examples, replace(small, batch_size=10**6))
    epochs.run(1)
    epochs.run(2)
    assert len(drawn) == 2
    assert drawn[0] != drawn[1]


def test_a_user_who_has_every_item_is_left_out_and_nothing_loops(
    shop: Shop, small: Hyperparameters, capsys: pytest.CaptureFixture[str]
) -> None:
    others = shop.train["user"] != 7
    everything = {"user": np.full(60, 7), "item": np.arange(60), "position": np.arange(60)}
    shop.train = {
        name: np.append(values[others], everything[name].astype(np.int32)) for name, values in shop.train.items()
    }
    assert fit(shop.examples(), small).epoch >= 1
    # One of the 60 is held out, so that one item is left to draw beside the 59.
    assert "left out" not in capsys.readouterr().out
    epochs = Epochs(NeuMF(120, 60, 8, 2), shop.examples().train, shop.examples(), small)
    assert "60 events of users who have every item are left out" in capsys.readouterr().out
    assert epochs.run(1) > 0


def test_a_catalogue_that_everybody_has_is_refused(shop: Shop, small: Hyperparameters) -> None:
    user, item = (part.flatten().astype(np.int32) for part in np.indices((120, 60)))
    shop.train = {"user": user, "item": item, "position": item}
    with pytest.raises(JobError, match="nothing to judge epochs by"):
        fit(shop.examples(), small)


def test_training_that_diverges_says_so(shop: Shop, small: Hyperparameters) -> None:
    examples = shop.examples()
    model = NeuMF(120, 60, 8, 2)
    torch.nn.init.constant_(model.last_mlp.bias, float("nan"))
    with pytest.raises(JobError, match=r"the loss of epoch 1 is nan\. Remedy: a smaller lr"):
        Epochs(model, examples.train, examples, small).run(1)


class StoppedAfter(Checkpoint):
    """A spot instance that is taken away after an epoch."""

    def __init__(self, folder: Path, made_from: str, last: int) -> None:
        super().__init__(folder, made_from)
        self._last = last

    def save(self, model: NeuMF, optimizer: torch.optim.Optimizer, epoch: int, best: Best) -> None:
        super().save(model, optimizer, epoch, best)
        if epoch == self._last:
            raise InterruptedError


def test_a_stopped_job_goes_on_where_it_was_and_ends_with_the_same_model(
    shop: Shop, small: Hyperparameters, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    examples, options = shop.examples(), replace(small, dropout=0.2)
    straight = fit(examples, options)
    with pytest.raises(InterruptedError):
        fit(examples, options, StoppedAfter(tmp_path, "this", last=2))
    capsys.readouterr()
    resumed = fit(examples, options, Checkpoint(tmp_path, "this"))
    assert "Going on after epoch 2" in capsys.readouterr().out
    assert resumed.quality == straight.quality
    assert all(torch.equal(resumed.weights[name], straight.weights[name]) for name in straight.weights)


def test_a_finished_job_that_is_started_again_trains_nothing(
    shop: Shop, small: Hyperparameters, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    finished = fit(shop.examples(), small, Checkpoint(tmp_path, "this"))
    capsys.readouterr()
    again = fit(shop.examples(), small, Checkpoint(tmp_path, "this"))
    assert "HR=" not in capsys.readouterr().out
    assert again.quality == finished.quality


def test_a_checkpoint_of_other_inputs_is_not_used(
    shop: Shop, small: Hyperparameters, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fit(shop.examples(), small, Checkpoint(tmp_path, "this"))
    fit(shop.examples(), small, Checkpoint(tmp_path, "that"))
    assert "starting anew" in capsys.readouterr().out


def test_a_broken_checkpoint_is_named(shop: Shop, small: Hyperparameters, tmp_path: Path) -> None:
    (tmp_path / "ncf.pt").write_bytes(b"half a file")
    with pytest.raises(JobError, match=r"ncf.pt cannot be read: .* Remedy: delete it"):
        fit(shop.examples(), small, Checkpoint(tmp_path, "this"))


def test_an_item_that_nobody_has_in_train_is_trained_beside_the_others(shop: Shop, small: Hyperparameters) -> None:
    shop.items = {
        "item": np.arange(61, dtype=np.int32),
        "item_id": [*shop.items["item_id"], "new"],
        "count": np.zeros(61, dtype=np.int64),
    }
    examples = shop.examples()
    assert examples.popularity[60] == 0
    assert fit(examples, small).weights["item_gmf.weight"].shape[0] == 61

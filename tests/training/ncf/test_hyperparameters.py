"""Hyperparameters come as SageMaker passes them and are refused with the reason when they are wrong."""

import pytest
from hyperparameters import Hyperparameters, parse
from job import JobError


def test_what_is_not_given_has_its_default() -> None:
    assert parse([]) == Hyperparameters()


def test_values_are_read_from_the_command_line() -> None:
    options = parse(["--epochs", "2", "--lr", "0.005", "--num_layers", "4", "--top_k", "20"])
    assert (options.epochs, options.lr, options.num_layers, options.top_k) == (2, 0.005, 4, 20)


def test_what_the_tuner_adds_is_no_hyperparameter() -> None:
    assert parse(["--epochs", "2", "--_tuning_objective_metric", "NDCG"]).epochs == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--dropout", "1.5"], "dropout=1.5 is out of bounds: it must be 0.0 to 0.95"),
        (["--epochs", "0"], "epochs=0 is out of bounds: it must be 1 to 1000"),
        (["--num_layers", "7"], "num_layers=7 is out of bounds"),
        (["--lr", "nan"], "lr=nan is out of bounds"),
        (["--epochs", "two"], "--epochs: invalid int value: 'two'"),
        (["--learning_rate", "0.1"], "unrecognized arguments: --learning_rate 0.1. Known hyperparameters: epochs, lr"),
    ],
)
def test_a_wrong_one_is_named(arguments: list[str], words: str) -> None:
    with pytest.raises(JobError) as refusal:
        parse(arguments)
    assert words in str(refusal.value)

"""The hyperparameters of the training job: names, defaults and bounds in one place."""

from __future__ import annotations

import argparse
from dataclasses import Field, asdict, dataclass, field, fields
from typing import Any, NoReturn

from job import JobError

#: SageMaker's tuner hands this to the container beside the hyperparameters; older toolkits pass it on.
_TUNER_OWN = "--_tuning_objective_metric"


def _between(default: float, low: float, high: float, what: str) -> Any:
    return field(default=default, metadata={"low": low, "high": high, "what": what})


@dataclass(frozen=True)
class Hyperparameters:
    """What a training job is told; a value out of bounds raises JobError."""

    epochs: int = _between(6, 1, 1000, "passes over the data; the best of them is kept")
    lr: float = _between(0.01, 1e-7, 1.0, "highest learning rate; it rises over the first steps and falls to 0")
    batch_size: int = _between(16384, 1, 2**24, "samples in a step, negatives included")
    top_k: int = _between(10, 1, 1000, "length of a ranking, in the metrics and in answers")
    dropout: float = _between(0.0, 0.0, 0.95, "share of each hidden layer that is left out of a step")
    factor_num: int = _between(32, 1, 512, "width of the GMF part and of the last hidden layer")
    num_layers: int = _between(3, 1, 6, "hidden layers of the MLP part, each half as wide as the one before")
    num_ng: int = _between(4, 1, 100, "negatives drawn for each positive, anew in each epoch")
    weight_decay: float = _between(3e-6, 0.0, 1.0, "L2 penalty on the embeddings")
    seed: int = _between(42, 0, 2**31 - 1, "where every random draw starts")

    def __post_init__(self) -> None:
        for option in fields(self):
            value, (low, high) = getattr(self, option.name), _bounds(option)
            if not low <= value <= high:
                raise JobError(f"Hyperparameter {option.name}={value} is out of bounds: it must be {low} to {high}.")

    def as_dict(self) -> dict[str, Any]:
        """Names and values."""
        return asdict(self)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        names = ", ".join(option.name for option in fields(Hyperparameters))
        raise JobError(f"Bad hyperparameter: {message}. Known hyperparameters: {names}.")


def parse(arguments: list[str]) -> Hyperparameters:
    """Read ``--epochs 5 --lr 0.01 ...``, the form in which the SageMaker training toolkit passes them on.

    Raises:
        JobError: for an unknown name, a value that is no number, or one out of bounds.
    """
    parser = _Parser(description="Train a neural collaborative filter.", allow_abbrev=False)
    for option in fields(Hyperparameters):
        kind = type(option.default)
        low, high = _bounds(option)
        parser.add_argument(
            f"--{option.name}", type=kind, default=option.default, help=f"{option.metadata['what']} ({low} to {high})"
        )
    parser.add_argument(_TUNER_OWN, help=argparse.SUPPRESS)
    given = vars(parser.parse_args(arguments))
    return Hyperparameters(**{option.name: given[option.name] for option in fields(Hyperparameters)})


def _bounds(option: Field[Any]) -> tuple[float, float]:
    return option.metadata["low"], option.metadata["high"]

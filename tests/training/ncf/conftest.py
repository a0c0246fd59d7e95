"""Fixtures of the tests that run in the environment of the PyTorch image."""

from pathlib import Path

import pytest
import torch
from artefact import Artefact
from fit import fit
from hyperparameters import Hyperparameters
from train import trained

from tests.training.ncf.shop import SMALL, Shop


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def shop() -> Shop:
    """Examples of a small shop, to be changed and written as a test likes."""
    return Shop.of_two_tastes()


@pytest.fixture(scope="session")
def artefact() -> Artefact:
    """A small trained model."""
    examples = Shop.of_two_tastes().examples()
    return trained(examples, SMALL, fit(examples, SMALL))


@pytest.fixture(scope="session")
def model_dir(artefact: Artefact, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its files, as SageMaker would pack them."""
    folder = tmp_path_factory.mktemp("model")
    artefact.save(folder)
    return folder


@pytest.fixture
def small() -> Hyperparameters:
    """Hyperparameters that train in well under a second."""
    return SMALL

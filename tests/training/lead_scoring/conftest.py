"""Fixtures of the tests that run in the environment of the built-in XGBoost's image."""

import csv
import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

Rows = list[list[str]]


class Run:
    """What a run left: examples, and models trained on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, rows: Rows) -> None:
        place = self.folder / name
        place.mkdir(parents=True, exist_ok=True)
        with (place / "part-0.csv").open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)

    def encoding(self, columns: list[dict[str, Any]]) -> Path:
        path = self.folder / "encoding" / "encoding.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"columns": columns}))
        return path

    def model(self, name: str, columns: list[int]) -> Path:
        """A model of some of the columns of train/, packed as SageMaker packs it."""
        rows = np.loadtxt(self.folder / "train" / "part-0.csv", delimiter=",", ndmin=2)
        data = xgboost.DMatrix(rows[:, 1:][:, columns], label=rows[:, 0])
        (self.folder / name).mkdir()
        xgboost.train({"objective": "binary:logistic", "nthread": 1}, data, 10).save_model(
            self.folder / name / "xgboost-model.ubj"
        )
        archive = self.folder / name / "model.tar.gz"
        with tarfile.open(archive, "w:gz") as packed:
            packed.add(self.folder / name / "xgboost-model.ubj", "xgboost-model")
        return archive


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run whose label follows the age, and the job a little."""
    made = Run(tmp_path)
    random = np.random.default_rng(7)
    ages, miners = random.integers(20, 70, 800), random.integers(0, 2, 800)
    labels = (ages / 50 + miners * 0.8 + random.normal(0, 0.3, 800) > 1.3).astype(int)
    jobs = np.where(miners == 1, "miner", "clerk")
    made.encoding(
        [
            {"name": "age", "kind": "number"},
            {"name": "job", "kind": "category", "values": {"miner": 0.6, "clerk": 0.4}, "other": 0.5},
        ]
    )
    rates = np.where(miners == 1, 0.6, 0.4)
    train = [[str(label), str(float(age)), str(rate)] for label, age, rate in zip(labels, ages, rates, strict=True)]
    test = [[str(label), str(age), str(job)] for label, age, job in zip(labels, ages, jobs, strict=True)]
    made.write("train", train[:600])
    made.write("test", test[600:])
    return made

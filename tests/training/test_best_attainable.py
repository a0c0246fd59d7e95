"""The made-up leads are what they are said to be: boosted trees come close to the best attainable AUC.

Run in the environment of the built-in XGBoost image, on the same columns that the model learns from.
"""

import json
import subprocess
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from local_aws.containers.environments import Environments
from local_aws.containers.images import image_for
from yard.leads import truth
from yard.leads.generate import generate

pytestmark = pytest.mark.training

ROOT = Path(__file__).parents[2]
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"
NO_FEATURES = ["lead_id", "created_at", "duration", "converted"]
FIT = """
import json, sys
import numpy, xgboost
data = numpy.load(sys.argv[1])
settings = {"objective": "binary:logistic", "nthread": 1, "max_depth": 4, "eta": 0.1, "min_child_weight": 6,
            "subsample": 0.8, "gamma": 2, "seed": 1}
model = xgboost.train(settings, xgboost.DMatrix(data["train"], label=data["outcome"]), 150)
print(json.dumps(model.predict(xgboost.DMatrix(data["test"])).tolist()))
"""


@pytest.fixture(scope="module")
def python() -> Path:
    return Environments(ROOT / ".trainyard" / "local_aws").python(image_for(IMAGE))


def is_for_train(lead: str) -> bool:
    return truth.place(lead) < 70


@pytest.mark.parametrize("end", [date(2026, 3, 2), date(2026, 8, 31)])
def test_boosted_trees_come_within_a_hundredth_of_the_best_attainable(python: Path, tmp_path: Path, end: date) -> None:
    leads = generate(rows=60_000, weeks=26, end=end, seed=42)
    known = leads[leads["converted"].notna()]
    features = pd.get_dummies(known.drop(columns=NO_FEATURES), dtype=float)
    features["pdays"] = features["pdays"].mask(features["pdays"] == truth.NEVER)
    train, test = (known["lead_id"].map(chosen).to_numpy() for chosen in (is_for_train, truth.is_for_test))
    rows = features.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    outcome = known["converted"].to_numpy(dtype=np.int64)
    np.savez(tmp_path / "leads.npz", train=rows[train], outcome=outcome[train], test=rows[test])
    ran = subprocess.run([python, "-c", FIT, tmp_path / "leads.npz"], capture_output=True, text=True, check=True)
    reached = truth.auc(outcome[test], np.array(json.loads(ran.stdout)))
    assert 0.0 < truth.best_auc(leads) - reached < 0.01

"""What there is a demo of, and that its made-up data is made once."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from local_aws.containers.images import REQUIREMENTS
from yard import demos
from yard.errors import YardError
from yard.home import Home
from yard.leads import truth

SMALL = {"recommender": {"rows": 4_000, "users": 200, "items": 120, "weeks": 6, "seed": 7},
         "lead_scoring": {"rows": 2_000, "weeks": 6, "seed": 7}}  # fmt: skip


@pytest.mark.parametrize("model", demos.DEMOS)
def test_made_up_data_ends_with_the_last_sunday_and_is_made_once(model: str, tmp_path: Path) -> None:
    home, demo = Home(tmp_path, tmp_path), replace(demos.find(model), sizes=SMALL[model])
    home.make()
    first = demos.made_up(home, demo, date(2026, 6, 3))
    assert first[demo.table.time].max().date() == date(2026, 5, 31)
    assert list(first.columns) == list(demo.table.columns)
    again = demos.made_up(home, replace(demo, generate=_never), date(2026, 6, 4))
    pd.testing.assert_frame_equal(again, first)


def _never(**_: object) -> pd.DataFrame:
    raise AssertionError("it was made again")


def test_the_best_attainable_auc_is_told_of_made_up_leads(tmp_path: Path) -> None:
    demo = replace(demos.find("lead_scoring"), sizes=SMALL["lead_scoring"])
    home = Home(tmp_path, tmp_path)
    home.make()
    leads = demos.made_up(home, demo, date(2026, 6, 3))
    assert demo.known(leads) == {"best attainable AUC": truth.best_auc(leads)}


def test_a_shop_knows_whom_to_ask_for_and_has_no_best() -> None:
    frame = pd.DataFrame({"user_id": ["u1", "u2", None]})
    demo = demos.find("recommender")
    assert demo.request(frame) == {"user": "u2", "k": 5}
    assert demo.known(frame) == {}


def test_a_model_without_a_demo_is_refused_with_those_that_have_one() -> None:
    with pytest.raises(YardError, match="no demo of a model 'churn'") as raised:
        demos.find("churn")
    assert raised.value.remedy == (
        "There is one of: recommender, lead_scoring. Rows of another model go into its own table by COPY: "
        "docs/add-a-model.md shows it."
    )


def test_the_images_are_ones_that_local_aws_can_prepare() -> None:
    known = {path.stem for path in REQUIREMENTS.glob("*.txt")}
    assert {demo.image for demo in demos.DEMOS.values()} <= known

"""The Python container of lead scoring, run for real: trained, read by a metric, served, judged, and refusing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from containers.lead_scoring_python.scoring import data, encoding
from tests.local_aws.own_images import judging, scoring
from tests.local_aws.own_images.conftest import address
from tests.local_aws.own_images.support import log_of, model, train, transform
from tests.local_aws.sagemaker_jobs.support import Jobs, Record

CONTAINERS = Path(__file__).resolve().parents[3] / "containers"
IMAGE = address("lead-scoring-python")

#: Its packages are installed for it, once on a machine.
pytestmark = [pytest.mark.training, pytest.mark.long]


@pytest.fixture(scope="module", autouse=True)
def images() -> Iterator[None]:
    """The repository's own containers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCAL_AWS_IMAGES", str(CONTAINERS))
        yield


@pytest.fixture(scope="module")
def job(jobs: Jobs, images: None) -> Record:
    """A model that was trained once for all tests."""
    return scoring.learned(jobs, IMAGE, {"max_iter": "60", "max_leaf_nodes": "8", "seed": "7"})


@pytest.fixture(scope="module")
def judged(jobs: Jobs, images: None) -> judging.Judging:
    """Models that were trained once for all tests of ``evaluate``."""
    return judging.Judging(jobs, IMAGE, {"max_iter": "60", "max_leaf_nodes": "8", "seed": "7"})


def test_its_metric_is_read_from_its_log(jobs: Jobs, job: Record) -> None:
    scoring.check_metrics(jobs, job)


def test_it_serves_one_score_a_line_and_refuses_with_the_right_status(jobs: Jobs, job: Record) -> None:
    scoring.check_serving(jobs, IMAGE, job)


def test_it_scores_a_file_in_batch(jobs: Jobs, job: Record) -> None:
    scoring.check_transform(jobs, IMAGE, job)


@pytest.mark.parametrize("mistake", ["a header", "no rows to validate with", "an unknown hyperparameter"])
def test_a_mistake_is_refused_before_the_first_round(jobs: Jobs, mistake: str) -> None:
    scoring.check_mistake(jobs, IMAGE, mistake)


@pytest.mark.parametrize("mistake", scoring.IN_THE_DATA)
def test_a_mistake_in_the_data_is_named_by_file_row_and_column(tmp_path: Path, mistake: str) -> None:
    (tmp_path / "train").mkdir()
    channels, _, words = scoring.MISTAKES[mistake]
    (tmp_path / "train" / "data.csv").write_text(channels["train"])
    with pytest.raises(data.Refusal) as refused:
        data.channel(tmp_path / "train")
    assert words in str(refused.value)


def test_it_stops_when_the_validation_gets_no_better_and_keeps_the_best(jobs: Jobs) -> None:
    values = {"max_iter": "2000", "max_leaf_nodes": "64", "learning_rate": "0.5", "early_stopping_rounds": "20"}
    stopped = scoring.learned(jobs, IMAGE, values)
    lines = [line for line in log_of(jobs, stopped) if line.startswith("[")]
    scores = [float(line.rpartition(":")[2]) for line in lines]
    assert len(lines) < 30
    assert scores.index(max(scores)) == len(scores) - 3


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"max_iter": "ten"}, "Hyperparameter max_iter: 'ten' is not a whole number from 1 to 10000"),
        ({"max_iter": "2.5"}, "Hyperparameter max_iter: '2.5' is not a whole number"),
        ({"learning_rate": "0"}, "Hyperparameter learning_rate: '0' is not a number from"),
    ],
)
def test_a_hyperparameter_out_of_range_is_refused(jobs: Jobs, values: dict[str, str], words: str) -> None:
    failed = train(jobs, IMAGE, {"train": scoring.put(jobs, "data.csv", "1,2\n0,3\n")}, values)
    assert words in failed["FailureReason"]


def test_a_model_of_another_version_is_not_loaded(jobs: Jobs) -> None:
    artifact = jobs.source({"model.json": '{"scikit_learn": "0.1", "features": 1}', "model.pickle": "no pickle"})
    transformed, _ = transform(jobs, model(jobs, IMAGE, artifact), scoring.put(jobs, "a.csv", "1\n"))
    assert transformed["TransformJobStatus"] == "Failed"
    assert "The model is of scikit-learn 0.1, this image has" in transformed["FailureReason"]


def test_it_encodes_rows_as_the_job_of_the_other_algorithm_does(tmp_path: Path) -> None:
    place = judging.written(tmp_path)
    columns = encoding.read_encoding(place / "encoding" / "encoding.json")
    seen = encoding.encode(encoding.read_rows(place / "test", columns), columns)
    judging.check_encoding([[None if value != value else value for value in row] for row in seen.tolist()])


def test_it_judges_a_first_model(judged: judging.Judging) -> None:
    judging.check_first_model(judged)


def test_it_judges_a_champion_with_its_own_encoding(judged: judging.Judging) -> None:
    judging.check_champion(judged)


def test_what_it_cannot_judge_is_said_with_the_remedy(judged: judging.Judging) -> None:
    judging.check_refusals(judged)

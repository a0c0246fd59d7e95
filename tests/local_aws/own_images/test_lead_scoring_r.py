"""The R container of lead scoring, run for real: trained, read by a metric, served, judged, and refusing."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local_aws.own_images import judging, scoring
from tests.local_aws.own_images.conftest import address
from tests.local_aws.own_images.support import log_of, train, tune
from tests.local_aws.sagemaker_jobs.support import Jobs, Record

CONTAINERS = Path(__file__).resolve().parents[3] / "containers"
IMAGE = address("lead-scoring-r")
PACKAGES = ("gbm", "httpuv", "jsonlite")
#: What the container sees of the test rows of a folder.
ENCODE = """
source("scoring.R"); source("encoding.R")
place <- commandArgs(trailingOnly = TRUE)
columns <- read_encoding(file.path(place, "encoding", "encoding.json"))
cat(jsonlite::toJSON(encode(read_rows(file.path(place, "test"), columns), columns), digits = NA, na = "null"))
"""


def missing() -> str:
    """What of the image's apt-get is not on this machine; empty when nothing is."""
    if not shutil.which("Rscript"):
        return "there is no R on this machine"
    asked = ";".join(f'if (!requireNamespace("{name}", quietly = TRUE)) cat("{name} ")' for name in PACKAGES)
    found = subprocess.run(["Rscript", "--vanilla", "-e", asked], capture_output=True, text=True).stdout
    return f"R lacks the packages {found}" if found else ""


pytestmark = pytest.mark.skipif(
    bool(missing()),
    reason=f"the R container: {missing()}. Debian: apt-get install --no-install-recommends r-base-core "
    + " ".join(f"r-cran-{name}" for name in PACKAGES),
)


@pytest.fixture(scope="module", autouse=True)
def images() -> Iterator[None]:
    """The repository's own containers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCAL_AWS_IMAGES", str(CONTAINERS))
        yield


@pytest.fixture(scope="module")
def job(jobs: Jobs, images: None) -> Record:
    """A model that was trained once for all tests."""
    return scoring.learned(jobs, IMAGE, {"n_trees": "80", "interaction_depth": "3", "seed": "7"})


@pytest.fixture(scope="module")
def judged(jobs: Jobs, images: None) -> judging.Judging:
    """Models that were trained once for all tests of ``evaluate``."""
    return judging.Judging(jobs, IMAGE, {"n_trees": "80", "interaction_depth": "3", "seed": "7"})


def test_its_metric_is_read_from_its_log(jobs: Jobs, job: Record) -> None:
    scoring.check_metrics(jobs, job)


def test_it_serves_one_score_a_line_and_refuses_with_the_right_status(jobs: Jobs, job: Record) -> None:
    scoring.check_serving(jobs, IMAGE, job)


def test_it_scores_a_file_in_batch(jobs: Jobs, job: Record) -> None:
    scoring.check_transform(jobs, IMAGE, job)


@pytest.mark.parametrize("mistake", scoring.MISTAKES)
def test_a_mistake_is_refused_before_the_first_tree(jobs: Jobs, mistake: str) -> None:
    scoring.check_mistake(jobs, IMAGE, mistake)


def test_the_same_seed_grows_the_same_model(jobs: Jobs, job: Record) -> None:
    again = scoring.learned(jobs, IMAGE, {"n_trees": "80", "interaction_depth": "3", "seed": "7"})
    told = [[line for line in log_of(jobs, each) if line.startswith("[")] for each in (job, again)]
    assert told[0] == told[1]


def test_it_stops_when_the_validation_gets_no_better_and_keeps_the_best(jobs: Jobs) -> None:
    values = {"n_trees": "2000", "interaction_depth": "8", "shrinkage": "0.5", "early_stopping_trees": "20"}
    stopped = scoring.learned(jobs, IMAGE, values)
    lines = [line for line in log_of(jobs, stopped) if line.startswith("[")]
    scores = [float(line.rpartition(":")[2]) for line in lines]
    assert len(lines) < 30
    assert scores.index(max(scores)) == len(scores) - 3


def test_a_search_finds_its_best_trial_by_the_validation_s_metric(jobs: Jobs) -> None:
    ranges = {"IntegerParameterRanges": [{"Name": "interaction_depth", "MinValue": "1", "MaxValue": "4"}]}
    tuned = tune(jobs, IMAGE, scoring.channels(jobs), {"n_trees": "30"}, **ranges)
    assert (tuned["HyperParameterTuningJobStatus"], tuned["TrainingJobStatusCounters"]["Completed"]) == ("Completed", 2)
    assert tuned["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] > 0.5


def test_more_than_one_instance_is_refused(jobs: Jobs) -> None:
    two = {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1}
    failed = train(jobs, IMAGE, {"train": scoring.put(jobs, "data.csv", "1,2\n0,3\n")}, ResourceConfig=two)
    assert "This algorithm trains on one instance, not on 2" in failed["FailureReason"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"n_trees": "ten"}, "Hyperparameter n_trees: 'ten' is not a whole number from 1 to 10000"),
        ({"n_trees": "2.5"}, "Hyperparameter n_trees: '2.5' is not a whole number"),
        ({"shrinkage": "0"}, "Hyperparameter shrinkage: '0' is not a number from"),
    ],
)
def test_a_hyperparameter_out_of_range_is_refused(jobs: Jobs, values: dict[str, str], words: str) -> None:
    failed = train(jobs, IMAGE, {"train": scoring.put(jobs, "data.csv", "1,2\n0,3\n")}, values)
    assert words in failed["FailureReason"]


def test_it_encodes_rows_as_the_job_of_the_other_algorithm_does(tmp_path: Path) -> None:
    command = ["Rscript", "--vanilla", "-e", ENCODE, str(judging.written(tmp_path))]
    done = subprocess.run(command, cwd=CONTAINERS / "lead_scoring_r", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    judging.check_encoding(json.loads(done.stdout))


def test_it_judges_a_first_model(judged: judging.Judging) -> None:
    judging.check_first_model(judged)


def test_it_judges_a_champion_with_its_own_encoding(judged: judging.Judging) -> None:
    judging.check_champion(judged)


def test_what_it_cannot_judge_is_said_with_the_remedy(judged: judging.Judging) -> None:
    judging.check_refusals(judged)

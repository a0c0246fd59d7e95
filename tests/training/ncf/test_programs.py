"""train.py and evaluate.py as SageMaker starts them: processes, variables, folders, exit codes."""

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.training.ncf.shop import Shop

JOB = Path(__file__).parents[3] / "training_jobs" / "ncf"
QUICK = ["--epochs", "2", "--factor_num", "8", "--num_layers", "2", "--batch_size", "512"]


class Container:
    """The folders and variables of a job's container."""

    def __init__(self, root: Path) -> None:
        self.examples, self.model, self.output = root / "examples", root / "model", root / "output"
        self.checkpoints = root / "checkpoints"
        for folder in (self.model, self.output, self.checkpoints):
            folder.mkdir()

    def run(self, program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        variables = {
            "SM_CHANNEL_EXAMPLES": str(self.examples),
            "SM_MODEL_DIR": str(self.model),
            "SM_OUTPUT_DIR": str(self.output),
            "SM_CHECKPOINT_DIR": str(self.checkpoints),
            "SM_NUM_CPUS": "2",
        }
        command = [sys.executable, str(JOB / program), *map(str, arguments)]
        return subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, check=False)


@pytest.fixture
def container(tmp_path: Path, shop: Shop) -> Container:
    made = Container(tmp_path)
    shop.write(made.examples)
    return made


def test_a_model_is_trained_packed_and_evaluated(container: Container, tmp_path: Path) -> None:
    trained = container.run("train.py", *QUICK)
    assert trained.returncode == 0, trained.stderr
    assert trained.stdout.count("HR=0.") == 3, "two epochs, and the one that was kept"
    code = {path.name for path in (container.model / "code").iterdir()}
    assert code == {"inference.py", "artefact.py", "job.py", "model.py", "ranker.py"}
    archive = tmp_path / "model.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(container.model, arcname=".")
    where = ["--examples", container.examples, "--output", tmp_path / "evaluation"]
    judged = container.run("evaluate.py", *where, "--challenger", archive, "--champion", archive)
    assert judged.returncode == 0, judged.stderr
    report = json.loads((tmp_path / "evaluation" / "evaluation.json").read_text())
    assert report["challenger"] == report["champion"]
    assert os.listdir(tmp_path / "evaluation") == ["evaluation.json"]
    assert not os.listdir(container.output)


def test_a_bad_hyperparameter_fails_the_job_with_the_reason(container: Container) -> None:
    failed = container.run("train.py", "--dropout", "1.5")
    reason = "Hyperparameter dropout=1.5 is out of bounds: it must be 0.0 to 0.95."
    assert failed.returncode == 1
    assert reason in failed.stderr
    assert (container.output / "failure").read_text() == reason
    assert not list(container.model.iterdir())


def test_an_empty_channel_fails_the_job_with_the_reason(container: Container, shop: Shop) -> None:
    shop.train = {name: values[:0] for name, values in shop.train.items()}
    shop.write(container.examples)
    failed = container.run("train.py", *QUICK)
    assert failed.returncode == 1
    assert "train has no rows: there is nothing to learn from. Remedy:" in (container.output / "failure").read_text()


def test_a_defect_fails_the_job_with_the_exception_and_leaves_the_traceback_in_the_log(container: Container) -> None:
    container.model.rmdir()
    container.model.write_text("a file where a folder should be")
    failed = container.run("train.py", *QUICK)
    assert failed.returncode == 1
    assert "Traceback" in failed.stderr
    assert (container.output / "failure").read_text().startswith("FileExistsError: ")


def test_an_evaluation_that_cannot_be_made_writes_nothing_and_says_why(container: Container, tmp_path: Path) -> None:
    (tmp_path / "model.tar.gz").write_bytes(b"no archive")
    where = ["--examples", container.examples, "--output", tmp_path / "evaluation"]
    failed = container.run("evaluate.py", *where, "--challenger", tmp_path / "model.tar.gz")
    assert failed.returncode == 1
    assert "cannot be read as a model.tar.gz" in (container.output / "message").read_text()
    assert not (tmp_path / "evaluation").exists()

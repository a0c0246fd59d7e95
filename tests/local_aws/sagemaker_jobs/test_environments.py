"""Environments of images: built once, whole or not at all, whoever asks."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local_aws.containers import prepare
from local_aws.containers.environments import EnvironmentFailed, Environments
from local_aws.containers.images import PYTHON, Image, image_for

ASK = """
import sys
from pathlib import Path
from local_aws.containers.environments import Environments
from local_aws.containers.images import image_for
print(Environments(Path(sys.argv[1])).python(image_for(sys.argv[2]), on_line=print))
"""


@pytest.fixture
def environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environments:
    """An empty cache."""
    monkeypatch.delenv("LOCAL_AWS_ENVIRONMENTS", raising=False)
    return Environments(tmp_path)


def test_two_processes_that_ask_at_once_get_one_environment(environments: Environments, tmp_path: Path) -> None:
    command = [sys.executable, "-c", ASK, str(tmp_path), PYTHON]
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda _: subprocess.run(command, capture_output=True, text=True), range(2)))
    assert [answer.returncode for answer in answers] == [0, 0], answers
    lines = [answer.stdout.splitlines() for answer in answers]
    assert sorted(len(told) for told in lines) == [1, 3], "one built and told of it, the other waited"
    assert lines[0][-1] == lines[1][-1]
    assert subprocess.run([lines[0][-1], "-c", "pass"]).returncode == 0


def test_a_half_made_environment_is_made_again(environments: Environments) -> None:
    image = image_for(PYTHON)
    python = environments.python(image)
    folder = python.parent.parent
    (folder / ".complete").unlink()
    (folder / "half").touch()
    assert environments.python(image) == python
    assert not (folder / "half").exists()
    assert (folder / ".complete").exists()


def test_own_requirements_lie_over_the_image_without_changing_it(environments: Environments, tmp_path: Path) -> None:
    image, source = image_for(PYTHON), tmp_path / "source"
    source.mkdir()
    (source / "no.txt").touch()
    base = environments.python(image)
    (site,) = (base.parent.parent / "lib").glob("python*/site-packages")
    (site / "of_the_image.py").write_text("value = 1")
    told: list[str] = []
    own = environments.python(image, "-r no.txt", on_line=told.append, source=source)
    assert own != base
    assert subprocess.run([own, "-c", "import of_the_image, pip"]).returncode == 0
    again = environments.python(image, "-r no.txt", on_line=told.append, source=source)
    assert (again, len([line for line in told if line.startswith("Preparing")])) == (own, 1)
    (source / "no.txt").write_text("# changed")
    assert environments.python(image, "-r no.txt", source=source) != own, "files that the list names count"


def test_a_failing_package_is_named_with_a_remedy_and_leaves_nothing(environments: Environments) -> None:
    with pytest.raises(EnvironmentFailed, match=r"no-such-package.*Remedy: check name and version") as failed:
        environments.python(image_for(PYTHON), "--no-index\nno-such-package-of-trainyard>2\n")
    assert failed.value.own
    assert failed.value.requirement == "no-such-package-of-trainyard>2"
    assert len([path for path in environments.folder.iterdir() if path.name != ".locks"]) == 1, "the image's own"


def test_the_folder_may_be_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_AWS_ENVIRONMENTS", str(tmp_path / "shared"))
    assert Environments(tmp_path / "state").folder == tmp_path / "shared"


def test_training_and_inference_share_one_environment() -> None:
    account = "763104351884.dkr.ecr.us-east-1.amazonaws.com"
    names = {
        image_for(f"{account}/{repository}:2.5.1-cpu-py311").environment
        for repository in ("pytorch-training", "pytorch-inference")
    }
    assert names == {"pytorch"}


def test_prepare_makes_environments_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LOCAL_AWS_ENVIRONMENTS", raising=False)
    assert prepare.main(["python", "--state", str(tmp_path)]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == str(Environments(tmp_path).python(Image("any", "python", "python")))


@pytest.mark.parametrize(
    ("uri", "kind"),
    [
        ("763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.5.1-cpu-py311", "pytorch-training"),
        (
            "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-training:2.0.1-gpu-py310-cu118-ubuntu20.04-sagemaker",
            "pytorch-training",
        ),
        ("692866216735.dkr.ecr.eu-south-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312", "pytorch-inference"),
        ("727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn/pytorch-training:2.3.0-cpu-py311", "pytorch-training"),
        ("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3", "scikit-learn"),
        ("246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-scikit-learn:1.4-2", "scikit-learn"),
        ("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5", "xgboost"),
        ("local/python:3.11", "python"),
    ],
)
def test_the_addresses_that_aws_publishes_are_known(uri: str, kind: str) -> None:
    assert image_for(uri).kind == kind

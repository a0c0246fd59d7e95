"""Which image an address of the account's own registry means, and what a container of it is made of."""

import os
from pathlib import Path

import pytest

from local_aws.containers.images import image_for
from local_aws.containers.own_images import OwnImage
from local_aws.errors import AwsError
from tests.local_aws.own_images.conftest import MakeImage, address


def own(uri: str) -> OwnImage:
    found = image_for(uri).own
    assert found is not None
    return found


def test_the_folder_has_the_name_of_the_repository_or_that_with_underscores(
    make_image: MakeImage, images: Path
) -> None:
    make_image("scoring_of_leads", {"Dockerfile": "FROM a"})
    make_image("team/churn-r", {"Dockerfile": "FROM a"})
    assert own(address("scoring-of-leads")).folder == images / "scoring_of_leads"
    assert own(address("team/churn-r")).folder == images / "team" / "churn-r"
    assert own("123456789012.dkr.ecr.eu-west-1.amazonaws.com/scoring-of-leads").folder.name == "scoring_of_leads"


@pytest.mark.parametrize(
    "uri",
    [
        address("no-such-image"),
        address("a/../../etc"),
        address("mine").replace("123456789012", "210987654321"),
    ],
)
def test_a_repository_that_is_not_there_is_refused_in_the_registry_s_words(make_image: MakeImage, uri: str) -> None:
    make_image("mine", {"Dockerfile": "FROM a"})
    with pytest.raises(AwsError, match=r"Cannot find repository: .* in registry ID: .*proper pull permissions"):
        image_for(uri)


def test_a_digest_is_that_of_the_files_or_unknown(make_image: MakeImage) -> None:
    uri = make_image("mine", {"Dockerfile": "FROM a\nCOPY train /opt/program/", "train": "one"})
    digest = image_for(uri).digest
    assert image_for(f"{uri.rpartition(':')[0]}@sha256:{digest}").digest == digest
    make_image("mine", {"train": "two"})
    assert image_for(uri).digest != digest
    with pytest.raises(AwsError, match=f"Cannot find the requested image: .* and digest: sha256:{digest}"):
        image_for(f"{uri}@sha256:{digest}")


def test_copy_puts_files_where_docker_does(make_image: MakeImage) -> None:
    uri = make_image(
        "mine",
        {
            "Dockerfile": "FROM a\nWORKDIR /opt/w\nCOPY train serve lib/*.py ./\nCOPY lib /opt/lib\n"
            "COPY lib/a.py /opt/b.py\nCOPY lib/a.py /opt/lib\nCOPY requirements.txt /tmp/\n",
            "train": "", "serve": "", "lib/a.py": "", "lib/deep/c.py": "", "lib/__pycache__/a.pyc": "",
            "requirements.txt": "",
        },
    )  # fmt: skip
    assert set(own(uri).files) == {
        "/opt/w/train", "/opt/w/serve", "/opt/w/a.py", "/opt/lib/a.py", "/opt/lib/deep/c.py", "/opt/b.py",
        "/tmp/requirements.txt",
    }  # fmt: skip


def test_files_keep_their_modes_and_those_below_opt_ml_go_there(make_image: MakeImage, tmp_path: Path) -> None:
    uri = make_image(
        "mine",
        {
            "Dockerfile": "FROM a\nCOPY train model.R plain.sh /opt/program/\n"
            "COPY model.R /opt/ml/code/\nCOPY train /usr/bin/\nRUN chmod +x /opt/program/*.sh\n",
            "train": "", "model.R": "", "plain.sh": "",
        },
    )  # fmt: skip
    root, ml = tmp_path / "root", tmp_path / "ml"
    mounts = own(uri).lay_out(root, ml)
    assert [(mount.source, mount.target) for mount in mounts] == [(root / "program", "/opt/program")]
    executable = {path.name: os.access(path, os.X_OK) for path in (root / "program").iterdir()}
    assert executable == {"train": True, "model.R": False, "plain.sh": True}
    assert [path.relative_to(ml).as_posix() for path in ml.rglob("*.R")] == ["code/model.R"]


def test_the_packages_are_those_of_every_pip_install(make_image: MakeImage) -> None:
    uri = make_image(
        "mine",
        {
            "Dockerfile": "FROM a\nCOPY requirements.txt /tmp/\n"
            "RUN pip install -r /tmp/requirements.txt --no-cache-dir\n"
            "RUN pip install --index-url=/opt/index three -i /opt/other\n",
            "requirements.txt": "one==1\n# why\ntwo==2\n",
        },
    )
    assert image_for(uri).requirements.splitlines() == [
        "one==1", "# why", "two==2", "-i /opt/index", "three", "-i /opt/other",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("COPY nothing /opt/", "line 2: COPY nothing: no such file in"),
        ("COPY ../secret /opt/", "line 2: COPY ../secret: it lies outside the folder of the image"),
        ("RUN pip install -r /tmp/list.txt", "pip install -r /tmp/list.txt: no COPY puts that file there"),
        ("RUN pip install .", "pip install .: local_aws installs packages by their names"),
    ],
)
def test_an_image_that_could_not_be_built_is_refused_with_file_and_line(
    make_image: MakeImage, images: Path, line: str, problem: str
) -> None:
    (images / "secret").touch()
    uri = make_image("mine", {"Dockerfile": f"FROM a\n{line}\n"})
    with pytest.raises(AwsError) as refused:
        image_for(uri)
    assert f"{images / 'mine' / 'Dockerfile'}: {problem}" in str(refused.value)


def test_the_command_is_docker_run_s(make_image: MakeImage) -> None:
    plain = own(make_image("plain", {"Dockerfile": "FROM a"}))
    entry = own(
        make_image("entry", {"Dockerfile": 'FROM a\nENTRYPOINT ["python3", "-m", "x"]\nCMD ["help"]\nWORKDIR /opt/w'})
    )
    assert (plain.argv("train"), plain.workdir) == (["train"], "/opt/ml")
    assert (entry.argv("serve"), entry.argv(), entry.workdir) == (
        ["python3", "-m", "x", "serve"], ["python3", "-m", "x", "help"], "/opt/w",
    )  # fmt: skip

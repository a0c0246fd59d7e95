"""The artefact holds all that serving needs, and reading one never runs what is in it."""

import io
import json
import os
import pickle
import shutil
import tarfile
from pathlib import Path

import pytest
import torch
from artefact import Artefact, load_archive, load_folder
from job import JobError
from model import scores


def packed(folder: Path, to: Path) -> Path:
    with tarfile.open(to / "model.tar.gz", "w:gz") as archive:
        archive.add(folder, arcname=".")
    return to / "model.tar.gz"


def test_what_was_saved_is_read_from_the_folder_and_from_the_archive(
    artefact: Artefact, model_dir: Path, tmp_path: Path
) -> None:
    for read in (load_folder(model_dir), load_archive(packed(model_dir, tmp_path))):
        assert (read.users, read.items) == (artefact.users, artefact.items)
        assert torch.equal(read.popularity, artefact.popularity)
        users, items = torch.arange(5), torch.arange(20).view(5, 4)
        torch.testing.assert_close(scores(read.model, users, items), scores(artefact.model, users, items))


def test_it_says_how_it_came_about(model_dir: Path) -> None:
    config = json.loads((model_dir / "config.json").read_text())
    assert config["format"] == "trainyard-ncf-1"
    assert config["hyperparameters"]["factor_num"] == 8
    assert 1 <= config["epoch"] <= 3
    assert 0 <= config["validation"]["hr"] <= 1


def test_the_items_of_a_user_are_those_of_train_and_test(artefact: Artefact) -> None:
    start, end = artefact.seen_offsets[3:5].tolist()
    had = artefact.seen_items[start:end].tolist()
    assert len(had) == len(set(had)) == 13
    assert all(item % 2 == 1 for item in had)


def test_an_unknown_format_is_refused(model_dir: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(model_dir, tmp_path / "model")
    (folder / "config.json").write_text('{"format": "trainyard-ncf-9"}')
    with pytest.raises(JobError, match="has the format 'trainyard-ncf-9'; this code reads 'trainyard-ncf-1'"):
        load_folder(folder)


def test_an_artefact_of_another_make_is_refused(tmp_path: Path) -> None:
    (tmp_path / "xgboost-model").write_bytes(b"trees")
    with pytest.raises(JobError, match="broken"):
        load_archive(packed(tmp_path, tmp_path.parent))


class _Bomb:
    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.trace),)


def test_code_hidden_in_the_tensors_is_not_run(model_dir: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(model_dir, tmp_path / "model")
    trace = tmp_path / "was-run"
    hidden = io.BytesIO()
    torch.save({"weights": _Bomb(trace)}, hidden, pickle_module=pickle)
    (folder / "model.pt").write_bytes(hidden.getvalue())
    with pytest.raises(JobError, match="broken"):
        load_archive(packed(folder, tmp_path))
    assert not trace.exists()


def test_an_archive_that_is_cut_off_is_refused(model_dir: Path, tmp_path: Path) -> None:
    archive = packed(model_dir, tmp_path)
    archive.write_bytes(archive.read_bytes()[:-2000])
    with pytest.raises(JobError, match=r"cannot be read as a model\.tar\.gz"):
        load_archive(archive)


def test_weights_of_another_shape_are_refused(model_dir: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(model_dir, tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "factor_num": 16}))
    with pytest.raises(JobError, match="broken"):
        load_folder(folder)

"""The trained model as files: what ``model.tar.gz`` holds, and how it is read without executing any of it.

``config.json`` (format, shape, how it came about), ``vocabulary.json`` (the ids behind the numbers), ``model.pt``
(tensors alone: weights, popularity, and the items each user has, as offsets into one list), and ``code/`` to serve it.
"""

from __future__ import annotations

import io
import json
import pickle
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from job import JobError
from model import NeuMF

if TYPE_CHECKING:
    from collections.abc import Callable

FORMAT = "trainyard-ncf-1"
_DATA = _CONFIG, _VOCABULARY, _TENSORS = "config.json", "vocabulary.json", "model.pt"
#: What serving needs beside the image's own packages; inference.py stands first, the rest is what it imports.
_CODE = ("inference.py", "artefact.py", "job.py", "model.py", "ranker.py")
_REMEDY = "Remedy: train again."


@dataclass(frozen=True)
class Artefact:
    """A trained model with everything that is needed to answer for it."""

    config: dict[str, Any]
    model: NeuMF
    users: list[str]
    items: list[str]
    #: How often each item was taken.
    popularity: torch.Tensor
    #: User n has the items seen_items[seen_offsets[n] : seen_offsets[n + 1]].
    seen_offsets: torch.Tensor
    seen_items: torch.Tensor

    @property
    def top_k(self) -> int:
        """How many items an answer has where the request does not say."""
        return int(self.config["top_k"])

    def save(self, folder: Path) -> None:
        """Write the files, ``code/`` included."""
        folder.mkdir(parents=True, exist_ok=True)
        _write_json(folder / _CONFIG, {"format": FORMAT, **self.config})
        _write_json(folder / _VOCABULARY, {"users": self.users, "items": self.items})
        tensors = {
            "weights": self.model.state_dict(),
            "popularity": self.popularity,
            "seen_offsets": self.seen_offsets,
            "seen_items": self.seen_items,
        }
        torch.save(tensors, folder / _TENSORS)
        (folder / "code").mkdir(exist_ok=True)
        for name in _CODE:
            shutil.copy(Path(__file__).with_name(name), folder / "code" / name)


def seen_of(user: np.ndarray, item: np.ndarray, users: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Offsets and items: who has what, for :class:`Artefact`."""
    pairs = np.unique(np.stack([user, item]), axis=1)
    offsets = np.searchsorted(pairs[0], np.arange(users + 1))
    return torch.from_numpy(offsets), torch.from_numpy(pairs[1].astype(np.int32))


def load_folder(folder: Path) -> Artefact:
    """Read an unpacked artefact.

    Raises:
        JobError: when it is broken or of another format.
    """
    return _load(str(folder), lambda name: (folder / name).read_bytes())


def load_archive(path: Path) -> Artefact:
    """Read a ``model.tar.gz`` in memory; nothing is unpacked and none of its code is run.

    Raises:
        JobError: when it is broken or of another format.
    """
    try:
        with tarfile.open(path) as archive:
            wanted = {member.name.removeprefix("./"): member for member in archive if member.isfile()}
            files = {name: archive.extractfile(wanted[name]) for name in _DATA if name in wanted}
            content = {name: file.read() for name, file in files.items() if file}
    except (tarfile.TarError, OSError, EOFError) as error:
        raise JobError(f"{path} cannot be read as a model.tar.gz: {error}. {_REMEDY}") from error
    return _load(str(path), content.__getitem__)


def _load(where: str, read: Callable[[str], bytes]) -> Artefact:
    try:
        config = json.loads(read(_CONFIG))
        found = config.get("format") if isinstance(config, dict) else None
        if found != FORMAT:
            raise JobError(f"The model {where} has the format {found!r}; this code reads {FORMAT!r}. {_REMEDY}")
        vocabulary = json.loads(read(_VOCABULARY))
        tensors = torch.load(io.BytesIO(read(_TENSORS)), map_location="cpu", weights_only=True)
        users, items = vocabulary["users"], vocabulary["items"]
        model = NeuMF(len(users), len(items), config["factor_num"], config["num_layers"])
        model.load_state_dict(tensors["weights"])
        rest = {name: tensors[name] for name in ("popularity", "seen_offsets", "seen_items")}
    except (KeyError, OSError, ValueError, RuntimeError, pickle.UnpicklingError) as error:
        raise JobError(f"The model {where} is broken: {error!r}. {_REMEDY}") from error
    return Artefact(config, model.eval(), users, items, **rest)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=None), encoding="utf-8")

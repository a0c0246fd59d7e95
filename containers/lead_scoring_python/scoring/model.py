"""A trained model and what it takes, from the folder that ``serve`` is given or from the ``model.tar.gz`` of a run."""

import json
import pickle
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sklearn

from .data import Matrix, Refusal

MODEL, FACTS = "model.pickle", "model.json"
REMEDY = (
    "Remedy: a model of another algorithm gets a name and an endpoint of its own (ModelSpec.name, Serving.endpoint)."
)


@dataclass(frozen=True)
class Model:
    """What ``train`` left: a classifier, and how many features its rows have."""

    features: int
    _classifier: Any

    def scores(self, rows: Matrix) -> Any:
        """Return the probability of the label 1, a row each."""
        return self._classifier.predict_proba(rows)[:, 1]


def of_folder(folder: Path) -> Model:
    """Return the model of an unpacked archive.

    :raises Refusal: when it is of another version of scikit-learn.
    :raises OSError: when there is none.
    """
    return _loaded((folder / FACTS).read_text(), (folder / MODEL).read_bytes())


def of_archive(archive: Path, role: str) -> Model:
    """Return the model of a ``model.tar.gz``.

    :param role: challenger or champion, for the words of a refusal.
    :raises Refusal: when the archive is none, or a model of another algorithm or another scikit-learn.
    """
    try:
        with tarfile.open(archive) as packed:
            files = {member.name.removeprefix("./"): member for member in packed if member.isfile()}
            if lacking := [name for name in (MODEL, FACTS) if name not in files]:
                holds = ", ".join(sorted(files)) or "nothing"
                raise Refusal(f"The {role} cannot be measured: it holds {holds}, not {lacking[0]}. {REMEDY}")
            found = {name: packed.extractfile(files[name]).read() for name in (MODEL, FACTS)}  # type: ignore[union-attr]  # files only
    except (OSError, EOFError, tarfile.TarError) as error:
        raise Refusal(f"The {role} {archive} is no model.tar.gz: {error}") from None
    try:
        return _loaded(found[FACTS].decode(), found[MODEL])
    except Refusal as refusal:
        raise Refusal(f"The {role} cannot be measured: {refusal} {REMEDY}") from None


def _loaded(facts: str, pickled: bytes) -> Model:
    told = json.loads(facts)
    if told["scikit_learn"] != sklearn.__version__:
        raise Refusal(f"The model is of scikit-learn {told['scikit_learn']}, this image has {sklearn.__version__}.")
    # Made by this image's own train; whoever can write the bucket of models can run code here, as with any pickle.
    return Model(told["features"], pickle.loads(pickled))  # noqa: S301

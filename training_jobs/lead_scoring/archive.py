"""``model.tar.gz`` as SageMaker's XGBoost leaves it: one file, ``xgboost-model``."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING, Any

import xgboost
from job import JobError

if TYPE_CHECKING:
    from pathlib import Path

MODEL = "xgboost-model"


def boosted_trees(archive: Path) -> Any:
    """The model of an archive, read as data.

    :returns: the booster.
    :raises JobError: when the archive holds none.
    """
    try:
        with tarfile.open(archive) as packed:
            member = packed.extractfile(MODEL)
            if member is None:
                raise JobError(f"{MODEL} in {archive} is no file.")
            model = xgboost.Booster()
            model.load_model(bytearray(member.read()))
    except (OSError, KeyError, tarfile.TarError, xgboost.core.XGBoostError) as error:
        raise JobError(f"{archive} holds no {MODEL} that can be read: {error}") from error
    return model

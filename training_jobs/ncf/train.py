"""Train a neural collaborative filter in a SageMaker training job (PyTorch image, script mode).

Reads the channel ``examples`` (see examples.py), takes its hyperparameters as ``--name value``, prints after each epoch
``HR=0.6912; NDCG=0.4120; Loss=0.2345;`` of a validation split made from ``train/``, and leaves the best epoch's model
in SM_MODEL_DIR, ready to be served. The test set is not used, except that what a user has is not recommended to them.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import numpy as np
import torch
from artefact import Artefact, seen_of
from checkpoint import Checkpoint
from examples import Examples, read
from fit import Best, fit, metrics
from hyperparameters import Hyperparameters, parse
from job import JobError, run
from model import NeuMF


def main() -> None:
    """Train as the command line and the SM_* variables say."""
    options = parse(sys.argv[1:])
    channel, model_dir = _folder("SM_CHANNEL_EXAMPLES"), _folder("SM_MODEL_DIR")
    torch.set_num_threads(_threads())
    # Adam's averages of rows that are seldom drawn fade below what a float holds in full; the CPU then takes 1.5 times
    # as long for a step of a late epoch as for one of the first.
    torch.set_flush_denormal(True)
    examples = read(channel)
    print(
        f"{len(examples.train)} events of {len(examples.users)} users and {len(examples.items)} items; "
        f"{torch.get_num_threads()} threads; {options}",
        flush=True,
    )
    best = fit(examples, options, _checkpoint(examples, options))
    trained(examples, options, best).save(model_dir)
    # The last figures in the log are the model's own: SageMaker takes the last value of a metric for its final one.
    print(f"Kept epoch {best.epoch}:", metrics(best.quality, best.loss), flush=True)


def trained(examples: Examples, options: Hyperparameters, best: Best) -> Artefact:
    """The model of the best epoch, with the ids, popularity and past events that answering needs."""
    model = NeuMF(len(examples.users), len(examples.items), options.factor_num, options.num_layers)
    model.load_state_dict(best.weights)
    offsets, seen = seen_of(
        np.append(examples.train.user, examples.test.user),
        np.append(examples.train.item, examples.test.positive),
        len(examples.users),
    )
    config = {
        "factor_num": options.factor_num,
        "num_layers": options.num_layers,
        "top_k": options.top_k,
        "hyperparameters": options.as_dict(),
        "epoch": best.epoch,
        "validation": {"hr": best.quality.hit_rate, "ndcg": best.quality.ndcg, "loss": best.loss},
        "users": len(examples.users),
        "items": len(examples.items),
        "events": len(examples.train),
    }
    popularity = torch.from_numpy(examples.popularity)
    return Artefact(config, model, examples.users, examples.items, popularity, offsets, seen)


def _folder(variable: str) -> Path:
    try:
        return Path(os.environ[variable])
    except KeyError:
        raise JobError(
            f"{variable} is not set. Remedy: start the job with a channel named examples, on an image that runs "
            "scripts with the SageMaker training toolkit."
        ) from None


def _threads() -> int:
    # A virtual CPU is half a core, and threads that share a core wait for one another: on a machine of two, which
    # others use as well, a second thread more than doubled the CPU time and shortened nothing.
    return max(1, int(os.environ.get("SM_NUM_CPUS") or os.cpu_count() or 1) // 2)


def _checkpoint(examples: Examples, options: Hyperparameters) -> Checkpoint | None:
    folder = Path(os.environ.get("SM_CHECKPOINT_DIR", "/opt/ml/checkpoints"))
    if not folder.is_dir():
        return None
    train = examples.train
    digest = hashlib.sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in (train.user, train.item)))
    return Checkpoint(folder, f"{options} {digest.hexdigest()}")


if __name__ == "__main__":
    run(main, "failure")

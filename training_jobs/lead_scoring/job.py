"""How this program tells SageMaker that it failed, and why.

A container that fails exits with another code than 0 and leaves its reason where the service looks for it:
``/opt/ml/output/failure`` in a training job (it becomes FailureReason) and ``/opt/ml/output/message`` in a
processing job (it becomes ExitMessage). Both show the first 1,024 characters, so the reason comes first.
"""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_SHOWN_CHARACTERS = 1024


class JobError(Exception):
    """The job cannot do what it was asked for; the message names the cause and the remedy."""


def run(main: Callable[[], None], reason_file: str) -> None:
    """Run a job's ``main``; on failure say why, in the log and to SageMaker, and exit with 1.

    :param reason_file: ``failure`` for a training job, ``message`` for a processing job.
    """
    try:
        main()
    except JobError as error:
        print(f"ERROR: {error}", file=sys.stderr, flush=True)
        _leave(str(error), reason_file)
        sys.exit(1)
    except Exception as error:
        # A defect or a broken machine: the log gets the traceback, SageMaker the last line of it.
        traceback.print_exc()
        _leave(f"{type(error).__name__}: {error}", reason_file)
        sys.exit(1)


def _leave(reason: str, reason_file: str) -> None:
    folder = Path(os.environ.get("SM_OUTPUT_DIR", "/opt/ml/output"))
    # Outside a container there is no such folder, and on a full disk no room: the log has the reason in any case.
    with suppress(OSError):
        (folder / reason_file).write_text(reason[:_SHOWN_CHARACTERS], encoding="utf-8")

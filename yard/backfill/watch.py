"""Following a backfill until its last run has ended, whatever dies and is started again meanwhile."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from trainyard.ledger import Record
from yard import say
from yard.airflow_api import TASK_ENDED
from yard.backfill.airflow import Backfill, Backfills, PartitionRun
from yard.backfill.history import Ledger
from yard.backfill.progress import Progress, summary
from yard.backfill.view import results, view
from yard.errors import RunFailed
from yard.session import Session

_POLL_SECONDS = 2.0
_WORKING = {"running", "deferred", "up_for_retry"}


def follow(session: Session, api: Backfills, dag_id: str, backfill: Backfill, ledger: Ledger) -> Progress:
    """Show how it goes until all its runs have ended.

    :raises RunFailed: after the table, when a partition failed.
    """
    progress = Progress(lambda run: _record(ledger, run))

    def step(run: PartitionRun) -> str:
        tasks = [task for task in api.tasks(dag_id, run.run_id) if task.state not in TASK_ENDED]
        return ", ".join(task.name for task in tasks if task.state in _WORKING)

    with view() as shown:
        while True:
            with _patience():
                shown.show(progress, progress.look(api.of_backfill(dag_id, backfill)), step)
            if progress.is_over:
                break
            session.services.check()
            time.sleep(_POLL_SECONDS)
    api.cancel(backfill)  # all its runs have ended: the next one need not wait until Airflow notices
    _report(progress, backfill, dag_id)
    return progress


@contextmanager
def _patience() -> Iterator[None]:
    """Look again later where the ledger does not answer: local_aws may just be started again; `check` tells else."""
    try:
        yield
    except BotoCoreError:
        pass
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
            raise


def _record(ledger: Ledger, run: PartitionRun) -> Record | None:
    return next((record for record in ledger.of(run.partition).records if record.run_id == run.run_id), None)


def _report(progress: Progress, backfill: Backfill, dag_id: str) -> None:
    if any(told.outcome not in ("unchanged", "left out") for told in progress.ended.values()):
        say.console.print(results(progress))
    counts = progress.counts()
    ends = [run.ended for run in progress.runs if run.ended]
    whole = (max(ends, default=datetime.now(UTC)) - backfill.created).total_seconds()
    if built := progress.built():
        say.line(summary(built, whole))
    if counts["unchanged"]:
        say.line(f"{counts['unchanged']} had not changed and stay as they were.")
    if failed := sorted(told.partition for told in progress.ended.values() if told.outcome == "failed"):
        raise RunFailed(
            f"{len(failed)} of {len(progress.runs)} partitions failed: {', '.join(failed[:10])}.",
            f"`yard backfill {dag_id} --from {failed[0]} --to {failed[-1]} --redo failed` runs them again.",
        )
    say.done(f"Backfill {backfill.id} of {dag_id} has ended well.")

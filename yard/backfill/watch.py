"""Following a backfill until its last run has ended, whatever dies and is started again meanwhile."""

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from trainyard.ledger import Record
from yard import say
from yard.airflow_api import TASK_ENDED
from yard.backfill.airflow import Backfill, Backfills, PartitionRun
from yard.backfill.history import Ledger
from yard.backfill.progress import LEFT_OUT, NO_RESULT, Progress, summary
from yard.backfill.view import results, view
from yard.errors import RunFailed
from yard.session import Session

_POLL_SECONDS = 2.0
_WORKING = {"running", "deferred", "up_for_retry"}


def follow(
    session: Session, api: Backfills, dag_id: str, backfill: Backfill, ledger: Ledger, wanted: Collection[str]
) -> Progress:
    """Show how it goes until all its runs have ended.

    :param wanted: the partitions that are to have a result in the end.
    :raises RunFailed: after the table, when a partition failed, or a wanted one has no result.
    """
    progress = Progress(lambda run: _record(ledger, run), wanted)

    def step(run: PartitionRun) -> str:
        tasks = [task for task in api.tasks(dag_id, run.run_id) if task.state not in TASK_ENDED]
        return ", ".join(task.name for task in tasks if task.state in _WORKING)

    with view() as shown:
        while True:
            with _patience():
                shown.show(progress, progress.look(api.of_backfill(dag_id, backfill)), step)
            if progress.is_over or (not progress.runs and api.has_ended(backfill)):
                break
            session.services.check()
            time.sleep(_POLL_SECONDS)
    progress.close()
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
    if any(told.outcome not in ("unchanged", LEFT_OUT) for told in progress.ended.values()):
        say.console.print(results(progress))
    counts = progress.counts()
    ends = [run.ended for run in progress.runs if run.ended]
    whole = (max(ends, default=datetime.now(UTC)) - backfill.created).total_seconds()
    if built := progress.built():
        say.line(summary(built, whole))
    if counts["unchanged"]:
        say.line(f"{counts['unchanged']} had not changed and stay as they were.")
    _require_results(progress, dag_id)
    say.done(f"Backfill {backfill.id} of {dag_id} has ended well.")


def _require_results(progress: Progress, dag_id: str) -> None:
    said, remedies = [], []
    for outcome in ("failed", NO_RESULT):
        if names := sorted(told.partition for told in progress.ended.values() if told.outcome == outcome):
            said.append(f"{len(names)} of {len(progress.ended)} partitions {outcome}: {', '.join(names[:10])}.")
            again = f"`yard backfill {dag_id} --from {names[0]} --to {names[-1]} --redo failed` runs them again."
            remedies.append(again if outcome == "failed" else "The same command tells how those without result stand.")
    if said:
        raise RunFailed(" ".join(said), " ".join(remedies))

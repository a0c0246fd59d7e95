"""How long a task waits from the end of the last one before it to its own start: what Airflow itself costs a run."""

from collections.abc import Iterable, Mapping
from statistics import median

from yard.airflow_api import Task


def gaps(tasks: Iterable[Task], waits_for: Mapping[str, set[str]]) -> list[float]:
    """Seconds, one for each task that ran once after others that ran.

    A task that waited for a retry, was cleared or is mapped tells of something else than a step to the next, and is
    left out; so is what a deferred task waits until its trigger's event is heard, which is within the task.

    :param tasks: the task instances of a run.
    :param waits_for: the tasks before each task.
    """
    known = {task.task_id: task for task in tasks if task.map_index < 0}
    found = []
    for task in known.values():
        before = [known.get(name) for name in waits_for.get(task.task_id, ())]
        ends = [earlier.ended for earlier in before if earlier and earlier.started and earlier.ended]
        if task.started and ends and task.try_number == 1:
            found.append(max(0.0, (task.started - max(ends)).total_seconds()))
    return found


def median_gap(tasks: Iterable[Task], waits_for: Mapping[str, set[str]]) -> float | None:
    """The median of them in seconds; None when there are none."""
    found = gaps(tasks, waits_for)
    return median(found) if found else None

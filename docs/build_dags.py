"""``python -m docs.build_dags [FOLDER]``: write ``docs/dags/`` from the DAG files, so that nobody has to remember to.

A page a DAG, so that a new one adds a page and changes none. A test compares them with what this would write.
"""

import importlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "dags"
STEPS = ROOT / "plugins" / "trainyard" / "steps"
WRITTEN = "Written by `python -m docs.build_dags` from `dags/{}.py`; change that, not this page."


def load(name: str) -> Any:
    """The DAG of ``dags/<name>.py``: its function, called."""
    os.environ.setdefault("AIRFLOW_HOME", str(ROOT / ".trainyard" / "airflow"))  # not ~/airflow: it writes there
    for folder in (str(ROOT / "plugins"), str(ROOT / "dags")):
        if folder not in sys.path:
            sys.path.insert(0, folder)
    return getattr(importlib.import_module(f"dags.{name}"), name)()


def names() -> list[str]:
    """The names of all DAG files."""
    return sorted(path.stem for path in (ROOT / "dags").glob("*.py") if path.stem != "__init__")


def page(dag: Any) -> str:
    """The page of a DAG: its manual, its schedule, its form, its graph and its tasks."""
    parts = [
        f"# {dag.dag_id}",
        WRITTEN.format(dag.dag_id),
        str(dag.doc_md).strip(),
        f"Schedule: {schedule(dag.timetable)}.",
        "## The form",
        "\n".join(form(dag)),
        "## The tasks",
        "\n".join(["```mermaid", *graph(dag), "```"]),
        "\n".join(tasks(dag)),
    ]
    return "\n\n".join(parts) + "\n"


def schedule(timetable: Any) -> str:
    """When the DAG runs by itself: the timetable as it is written, or the assets that it follows."""
    condition = getattr(timetable, "asset_condition", None)
    if condition is None:
        return f"`{timetable!r}`"
    followed = ", ".join(f"`{asset.name}`" for asset in getattr(condition, "objects", [condition]))
    mapper = getattr(timetable, "default_partition_mapper", None)
    window = getattr(mapper, "window", None)
    parts = [mapper.upstream_mapper, window, mapper.wait_policy] if mapper and window else [mapper] if mapper else []
    by = ", ".join(f"`{type(part).__name__}`" for part in parts)
    return f"events of the asset {followed}{', by ' if by else ''}{by}"


def form(dag: Any) -> Iterator[str]:
    """The fields of the trigger form, as rows of a table."""
    yield from ("| Field | Key | Default | Allowed |", "|---|---|---|---|")
    for key in dag.params:
        param = dag.params.get_param(key)
        schema, value = param.schema, param.value
        shown = "empty" if value is None else f"`{json.dumps(value)}`"
        told = param.description or ""
        yield f"| {schema.get('title', key)} | `{key}` | {shown} | {' '.join(filter(None, (allowed(schema), told)))} |"


def allowed(schema: dict[str, Any]) -> str:
    """What a JSON schema takes, in a few words."""
    kinds = [kind for kind in _listed(schema.get("type", [])) if kind != "null"]
    words = [" or ".join(kinds)]
    if "enum" in schema:
        words = ["one of " + ", ".join(f"`{value}`" for value in schema["enum"])]
    if "format" in schema:
        words.append(f"({schema['format']})")
    return " ".join(words) + "."


def graph(dag: Any) -> Iterator[str]:
    """The tasks as a mermaid flowchart, a box for each group, without arrows that longer ways say already."""
    yield "flowchart LR"
    groups: dict[str, list[str]] = {}
    for task in dag.tasks:
        group, _, leaf = task.task_id.rpartition(".")
        groups.setdefault(group, []).append(f"{node(task.task_id)}[{leaf}]")
    for group, boxes in groups.items():
        head, tail = ([f"  subgraph {group}"], ["  end"]) if group else ([], [])
        yield from [*head, *(f"    {box}" for box in boxes), *tail]
    below = {task.task_id: set(task.downstream_task_ids) for task in dag.tasks}
    for task_id in below:
        yield from (f"  {node(task_id)} --> {node(next_id)}" for next_id in sorted(direct(below, task_id)))


def direct(below: dict[str, set[str]], task_id: str) -> set[str]:
    """The next tasks that cannot be reached through another next task."""
    others = {far for near in below[task_id] for far in reachable(below, near)}
    return below[task_id] - others


def reachable(below: dict[str, set[str]], task_id: str) -> set[str]:
    """All tasks after a task."""
    return below[task_id].union(*(reachable(below, near) for near in below[task_id]))


def node(task_id: str) -> str:
    """A task's name inside the flowchart, where a dot and the word ``end`` have meanings of their own."""
    return "t_" + task_id.replace(".", "_")


def tasks(dag: Any) -> Iterator[str]:
    """What each task does, as rows of a table."""
    yield from ("| Task | What it does | Runs when those before it are |", "|---|---|---|")
    for task in dag.tasks:
        rule = str(getattr(task.trigger_rule, "value", task.trigger_rule)).replace("_", " ")
        yield f"| `{task.task_id}` | {purpose(task.task_id)} | {rule} |"


def purpose(task_id: str) -> str:
    """What a task does, in the words of the step that makes it.

    :raises LookupError: when no step in ``plugins/trainyard/steps`` makes a task of that name.
    """
    leaf = task_id.rpartition(".")[2]
    steps = [path for path in sorted(STEPS.glob("*.py")) if path.stem != "__init__"]
    by_name = [path for path in steps if path.stem == leaf]
    by_text = [path for path in steps if f'"{leaf}"' in path.read_text(encoding="utf-8")]
    by_verb = [path for path in steps if path.stem == leaf.rpartition("_")[0]]  # unload_train: one of several
    for path in by_name + by_text + by_verb:
        told = (importlib.import_module(f"trainyard.steps.{path.stem}").__doc__ or "").splitlines()[0]
        words = told.partition(": ")[2] or told
        return words[:1].upper() + words[1:]
    raise LookupError(f"No step makes a task {leaf!r}")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def main(folder: Path) -> None:
    """Write the pages.

    :param folder: where to; pages of DAGs that are no more are removed.
    """
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.md"):
        if old.stem not in names():
            old.unlink()
    for name in names():
        (folder / f"{name}.md").write_text(page(load(name)), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PAGES)

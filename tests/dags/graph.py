"""The graph of a DAG as text, for people who read a change. Written anew by ``python -m tests.dags.graph``."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("graphs")


def drawn(dag: dict[str, Any]) -> str:
    """One line a task, in the order in which they can run: what it is, and what it waits for."""
    tasks: dict[str, Any] = dag["tasks"]
    lines, done = [], set[str]()
    while len(done) < len(tasks):
        ready = sorted(name for name, task in tasks.items() if name not in done and done.issuperset(task["upstream"]))
        for name in ready:
            task = tasks[name]
            rule = "" if task["trigger_rule"] == "all_success" else f" [{task['trigger_rule']}]"
            role = f" {task['role']}" if task["role"] else ""
            lines.append(f"{name} ({task['type']}{role}){rule} <- {', '.join(task['upstream']) or 'the run'}")
        done |= set(ready)
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the graph of every DAG."""
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, str(Path(__file__).with_name("parse.py")), home]
        ended = subprocess.run(command, capture_output=True, text=True, check=True)
    for name, dag in json.loads(ended.stdout.splitlines()[-1])["dags"].items():
        (FOLDER / f"{name}.txt").write_text(drawn(dag), encoding="utf-8")


if __name__ == "__main__":
    main()

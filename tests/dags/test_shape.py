from typing import Any

from tests.dags.graph import FOLDER, drawn


def test_the_graph_of_each_dag_is_the_one_that_was_read(dags: dict[str, Any]) -> None:
    kept = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.txt")}
    now = {name: drawn(dag) for name, dag in dags.items()}
    assert now == kept, "If the change is meant: python -m tests.dags.graph, and read what changed."

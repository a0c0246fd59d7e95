"""``python -m bench.stock_operators``: both sides of each line, as a table."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).parents[2]
LOG = ROOT / ".trainyard" / "stock-operators.log"


def main() -> int:
    """Run what the command line asks for; 1 when ours misbehaves."""
    parser = argparse.ArgumentParser(prog="python -m bench.stock_operators", description=__doc__)
    parser.add_argument("--only", nargs="+", type=int, metavar="LINE", help="lines, by number (default: all nine)")
    options = parser.parse_args()
    table = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    LOG.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, LOG.open("wb") as log:
        os.dup2(log.fileno(), 1)  # what the operators say of themselves is no evidence
        os.dup2(log.fileno(), 2)
        os.environ["AIRFLOW_HOME"] = folder  # not ~/airflow: Airflow writes there as soon as it is imported
        os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
        return _compare(Path(folder), options.only, table)


def _compare(folder: Path, only: list[int] | None, table: TextIO) -> int:
    from bench.stock_operators import data, jobs, releases
    from bench.stock_operators.account import account

    lines = sorted((*jobs.LINES, *releases.LINES, *data.LINES), key=lambda line: line.number)
    wrong = 0
    print(f"What the operators say meanwhile is in {LOG.relative_to(ROOT)}.\n", file=table)
    print(
        f"amazon provider {version('apache-airflow-providers-amazon')}, Airflow {version('apache-airflow')}\n",
        file=table,
    )
    print("| | What happens | Stock operator | Trainyard |\n|---|---|---|---|", file=table)
    with account(folder) as made:
        for line in lines:
            if only and line.number not in only:
                continue
            stock, ours = line.stock(made), line.ours(made)
            wrong += not ours.well
            said = stock.told + (" (as it should be)" if stock.well else "")
            print(f"| {line.number} | {line.what} | {said} | {ours.told}{'' if ours.well else ' WRONG'} |", file=table)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

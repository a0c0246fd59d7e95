"""The files of a new model: a working copy of the recommender's, under the new name, to be changed one by one."""

import keyword
import re
import subprocess
import sys
from pathlib import Path

from yard.errors import YardError

MODEL = "recommender"
_NAME = re.compile(r"[a-z][a-z0-9_]{1,31}")
#: From where to where, with the new model's name in the place of ``{}``.
_FILES = {
    f"dags/{MODEL}.py": "dags/{}.py",
    f"sql/{MODEL}/interactions.sql": "sql/{}/interactions.sql",
    f"spark_jobs/{MODEL}/build_examples.py": "spark_jobs/{}/build_examples.py",
    f"tests/dags/graphs/{MODEL}.txt": "tests/dags/graphs/{}.txt",
}
_MANUAL = '''"""What {name} learns, from what and for whom: say it here, the UI shows this text as the DAG's manual.

* **On its own**: every Monday for the week that has just ended, as soon as that week's data is complete.
* **By hand**: *Trigger*. An empty partition means the newest complete week.
* **Past weeks**: *Backfill*, or `airflow backfill create --dag-id {name} --from-date 2026-02-02 --to-date 2026-02-16`.
  A backfill never goes live unless its form says so.
* **Again**: *Clear* a task to do its work anew. A retry finds the job of the try before it, and pays for nothing.
"""'''


def write(root: Path, name: str) -> list[Path]:
    """Write the files of a new model; none that is there is touched.

    :param root: the repository.
    :returns: what was written, relative to the root.
    :raises YardError: when the name will not do, or one of the files is there already; nothing is written then.
    """
    _check(name)
    planned = {Path(target.format(name)): _text(root, source, name) for source, target in _FILES.items()}
    there = [str(path) for path in planned if (root / path).exists()]
    if there:
        raise YardError(f"There already is {', '.join(there)}.", "Choose another name, or remove what is there.")
    for path, text in planned.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return list(planned)


def document(root: Path, name: str) -> Path:
    """Write the page of a new model's DAG; return it, relative to the root.

    :raises YardError: when the DAG cannot be read.
    """
    argv = [sys.executable, "-m", "docs.build_dags"]
    ran = subprocess.run(argv, cwd=root, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise YardError(f"dags/{name}.py cannot be read: {ran.stderr.strip()[-500:]}")
    return Path("docs", "dags", f"{name}.md")


def _check(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise YardError(
            f"{name!r} cannot name a model.",
            "It must have 2 to 32 lower-case letters, digits and underscores, and begin with a letter: next_basket.",
        )
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise YardError(f"{name!r} is a word of Python's, so no function can have it.", "Choose another name.")


def _text(root: Path, source: str, name: str) -> str:
    text = (root / source).read_text(encoding="utf-8")
    if not source.startswith("dags/"):
        return text
    _, _, code = text.removeprefix('"""').partition('"""')
    code = re.sub(rf"\b{MODEL}\b", name, code)
    # SageMaker's names know no underscore.
    code = code.replace(f'Serving("{name}"', f'Serving("{name.replace("_", "-")}"')
    return _MANUAL.format(name=name) + code

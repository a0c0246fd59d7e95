"""The files of a new model: a working copy of another one's, under the new name, to be changed one by one."""

import keyword
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from yard.errors import YardError

_NAME = re.compile(r"[a-z][a-z0-9_]{1,31}")


@dataclass(frozen=True)
class Template:
    """A model that others begin as.

    :param files: from where to, with the new model's name in the place of ``{}``.
    :param manuals: of the DAGs among them, by file: what the copy says instead of what the original learns.
    """

    files: dict[str, str]
    manuals: dict[str, str]


_WEEKLY = '''"""What {name} learns, from what and for whom: say it here, it is the DAG's manual in the UI.

* **On its own**: every Monday for the week that has just ended, as soon as that week's data is complete.
* **By hand**: *Trigger*. An empty partition means the newest complete week.
* **Past weeks**: *Backfill*, or `airflow backfill create --dag-id {name} --from-date
  2026-02-02 --to-date 2026-02-16`.
  A backfill never goes live unless its form says so.
* **Again**: *Clear* a task to do its work anew. A retry finds the job of the try before it, and pays for nothing.
"""'''
_DAILY = '''"""What {name} scores every day with the live model, and for whom: say it here.

* **On its own**: every day for the day that has just ended, as soon as that day's data is complete.
* **By hand**: *Trigger*. An empty partition means the newest complete day.
* **Past days**: *Backfill*, or `airflow backfill create --dag-id {name}_daily --from-date
  2026-02-02 --to-date 2026-02-08`: each is scored by what is live now.
* **Again**: *Clear* a task to do its work anew: a day's scores are replaced whole, in one transaction.
"""'''
TEMPLATES = {
    "recommender": Template(
        files={
            "dags/recommender.py": "dags/{}.py",
            "sql/recommender/interactions.sql": "sql/{}/interactions.sql",
            "spark_jobs/recommender/build_examples.py": "spark_jobs/{}/build_examples.py",
            "tests/spark/test_build_examples.py": "tests/spark/test_{}.py",
            "tests/dags/graphs/recommender.txt": "tests/dags/graphs/{}.txt",
        },
        manuals={"dags/recommender.py": _WEEKLY},
    ),
    "lead_scoring": Template(
        files={
            "dags/lead_scoring.py": "dags/{}.py",
            "dags/lead_scoring_daily.py": "dags/{}_daily.py",
            "dags/model_specs/lead_scoring.py": "dags/model_specs/{}.py",
            "sql/lead_scoring/examples.sql": "sql/{}/examples.sql",
            "sql/lead_scoring/leads.sql": "sql/{}/leads.sql",
            "spark_jobs/lead_scoring/encode_leads.py": "spark_jobs/{}/encode_leads.py",
            "tests/spark/test_encode_leads.py": "tests/spark/test_{}.py",
            "tests/dags/graphs/lead_scoring.txt": "tests/dags/graphs/{}.txt",
            "tests/dags/graphs/lead_scoring_daily.txt": "tests/dags/graphs/{}_daily.txt",
        },
        manuals={"dags/lead_scoring.py": _WEEKLY, "dags/lead_scoring_daily.py": _DAILY},
    ),
}


def write(root: Path, name: str, like: str = "recommender") -> list[Path]:
    """Write the files of a new model; none that is there is touched.

    :param root: the repository.
    :param like: the model that it begins as a copy of.
    :returns: what was written, relative to the root.
    :raises YardError: when the name will not do, or one of the files is there already; nothing is written then.
    """
    _check(name)
    if like not in TEMPLATES:
        raise YardError(f"There is no model {like!r} to begin with.", f"There is: {', '.join(TEMPLATES)}.")
    template = TEMPLATES[like]
    texts = {Path(target.format(name)): _text(root, like, source, name) for source, target in template.files.items()}
    there = [str(path) for path in texts if (root / path).exists()]
    if there:
        raise YardError(f"There already is {', '.join(there)}.", "Choose another name, or remove what is there.")
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return list(texts)


def lay_out(root: Path, written: list[Path]) -> None:
    """Break the lines that a longer name made too long, as ``make lint`` wants them.

    :param written: what ``write`` returned.
    """
    files = [str(path) for path in written if path.suffix == ".py"]
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", *files], cwd=root, check=True)


def document(root: Path, written: list[Path]) -> Iterator[Path]:
    """Write the pages of a new model's DAGs; yields them, relative to the root.

    :param written: what ``write`` returned.
    :raises YardError: when a DAG cannot be read.
    """
    argv = [sys.executable, "-m", "docs.build_dags"]
    ran = subprocess.run(argv, cwd=root, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise YardError(f"A DAG of the new model cannot be read: {ran.stderr.strip()[-500:]}")
    yield from (Path("docs", "dags", f"{path.stem}.md") for path in written if path.parent == Path("dags"))


def _check(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise YardError(
            f"{name!r} cannot name a model.",
            "It must have 2 to 32 lower-case letters, digits and underscores, and begin with a letter: next_basket.",
        )
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise YardError(f"{name!r} is a word of Python's, so no function can have it.", "Choose another name.")


def _text(root: Path, like: str, source: str, name: str) -> str:
    text = (root / source).read_text(encoding="utf-8")
    if source.startswith("tests/spark/"):
        return text.replace(f"spark_jobs.{like}", f"spark_jobs.{name}")
    if not source.startswith("dags/"):
        return text
    if manual := TEMPLATES[like].manuals.get(source):
        text = manual.format(name=name) + text.removeprefix('"""').partition('"""')[2]
    # The folder of the algorithm is shared, so its name stays. SageMaker's names know no underscore.
    kept = re.sub(rf'(folder=|Training\()"{like}"', "\\1\0", text)
    kept = re.sub(rf"\b{like}(?=\b|_daily\b)", name, kept).replace("\0", f'"{like}"')
    kept = kept.replace(like.replace("_", "-"), name.replace("_", "-"))
    kept = kept.replace(f'Serving("{name}"', f'Serving("{name.replace("_", "-")}"')
    kept = kept.replace(like.replace("_", " "), name)
    return re.sub(r"\bLEADS", name.upper(), kept).replace("marketing.lead_scores", f"marketing.{name}_scores")

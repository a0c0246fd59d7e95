"""The arrows between the parts, and how long a file may be, read from the source itself.

Dags say what, steps say how, operators wait, pure modules think: each may import what stands below it and nothing
else. What runs elsewhere (Spark jobs, containers, the stand-in for AWS) knows nothing of any of them.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

#: The programs and packages of this repository, by the name under which Python imports them.
OURS = {
    "dags", "trainyard", "trainyard_plugin", "spark_jobs", "training_jobs", "containers", "serving", "local_aws",
    "yard", "bench",
}  # fmt: skip
#: The layers of the library and what each may import of it; a module that is in none of them is pure.
LAYERS = {
    "steps": {"operators", "sensors", "triggers", "aws"},
    "operators": {"triggers", "aws"},
    "sensors": {"triggers", "aws"},
    "triggers": {"aws"},
    "web": {"aws"},
    "aws": set[str](),
}
#: What a DAG file may know: the nouns, the verbs, the house's defaults, and a specification that several of them share.
DAG_VOCABULARY = ("trainyard.steps", "trainyard.spec", "trainyard.landing", "trainyard.defaults", "model_specs")
#: moto has no public interface for what local_aws takes from it; where it changes, these files do.
KNOWS_MOTO = {
    f"local_aws.{module}"
    for module in (
        "declared", "errors", "journal", "moto_bridge", "server", "state_machine_memory", "state_machine_tasks",
        "state_machines", "wire",
    )
}  # fmt: skip
#: Sources whose size is limited, and the limits in lines.
MEASURED = (
    "dags", "plugins", "spark_jobs", "training_jobs", "containers", "serving", "local_aws", "yard", "infra", "docs",
    "bench",
)  # fmt: skip
LONGEST_FILE, LONGEST_FUNCTION, LONGEST_DAG = 250, 40, 65


def python_files(root: Path, folder: str) -> Iterator[Path]:
    """The Python files under a folder, in path order."""
    yield from sorted(path for path in (root / folder).rglob("*.py") if "__pycache__" not in path.parts)


def imports(path: Path, package: str) -> set[str]:
    """The full names of the modules that a file imports, wherever in it, relative ones resolved in ``package``."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            base = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            found |= {module} if node.module else {f"{module}.{alias.name}" for alias in node.names}
            if module in {"trainyard", *OURS}:
                found |= {f"{module}.{alias.name}" for alias in node.names}
                found.discard(module)
    return found


def is_ours(module: str) -> bool:
    """Whether a module belongs to this repository."""
    return module.partition(".")[0] in OURS


def is_standard(module: str) -> bool:
    """Whether a module is Python's own."""
    return module.partition(".")[0] in sys.stdlib_module_names


def layer(module: str) -> str:
    """The layer of a module of the library: one of ``LAYERS``, or ``pure``."""
    second = [*module.split("."), ""][1]
    return second if second in LAYERS else "pure"


def within(module: str, packages: tuple[str, ...]) -> bool:
    """Whether a module is one of the packages or lies in one."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def allowed(importer: str, imported: str) -> bool:
    """Whether the arrow from one module to another is one of the house's."""
    program = importer.partition(".")[0]
    if is_standard(imported):
        return True
    if program == "dags":
        return within(imported, ("airflow.sdk", *DAG_VOCABULARY))
    if program == "trainyard":
        here = layer(importer)
        if here == "pure":
            return within(imported, ("trainyard",)) and layer(imported) == "pure"
        return not is_ours(imported) or (
            within(imported, ("trainyard",)) and layer(imported) in {"pure", here, *LAYERS[here]}
        )
    if program == "spark_jobs":
        return within(imported, ("pyspark",))
    if program == "yard":
        pure = within(imported, ("trainyard",)) and layer(imported) == "pure"
        return not is_ours(imported) or within(imported, ("yard",)) or pure
    if program in {"trainyard_plugin", "bench"}:
        toolkit = program == "bench" and within(imported, ("local_aws.testing",))  # made for others to use
        return toolkit or imported.partition(".")[0] not in {"dags", "local_aws"}
    if within(imported, ("moto",)):
        return importer in KNOWS_MOTO
    return not is_ours(imported) or within(imported, (program,))


def wrong_arrows(root: Path) -> list[str]:
    """Every import in the tree that the house does not allow, as ``importer -> imported``."""
    found = []
    for folder in (name for name in MEASURED if name not in {"infra", "docs"}):
        base = root / "plugins" if folder == "plugins" else root
        for path in python_files(root, folder):
            module = ".".join(path.relative_to(base).with_suffix("").parts)
            package = module if path.name == "__init__.py" else module.rpartition(".")[0]
            importer = module.removesuffix(".__init__")
            beside = {other.stem for other in path.parent.iterdir()} if folder == "training_jobs" else set()
            names = sorted(imports(path, package.removesuffix(".__init__")))
            found += [f"{importer} -> {name}" for name in names if name not in beside and not allowed(importer, name)]
    return found


def too_long(root: Path) -> list[str]:
    """Every file and function above its limit, with its length in lines."""
    found = []
    for folder in MEASURED:
        for path in python_files(root, folder):
            text = path.read_text(encoding="utf-8")
            limit = LONGEST_DAG if folder == "dags" else LONGEST_FILE
            lines = len(text.splitlines())
            name = path.relative_to(root)
            if lines > limit:
                found.append(f"{name} has {lines} lines, at most {limit}")
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    length = (node.end_lineno or node.lineno) - node.lineno + 1
                    if length > LONGEST_FUNCTION:
                        found.append(f"{name}: {node.name} has {length} lines, at most {LONGEST_FUNCTION}")
    return found


def test_the_parts_import_only_what_stands_below_them() -> None:
    assert wrong_arrows(ROOT) == []


def test_no_file_and_no_function_is_longer_than_a_reader_can_hold() -> None:
    assert too_long(ROOT) == []


def test_the_two_rules_see_the_sources() -> None:
    seen = {folder: sum(1 for _ in python_files(ROOT, folder)) for folder in ("dags", "plugins", "local_aws", "yard")}
    assert all(seen.values()), f"no Python files found: {seen}"


@pytest.mark.parametrize(
    ("path", "line", "arrow"),
    [
        ("dags/shop.py", "import boto3", "dags.shop -> boto3"),
        ("dags/shop.py", "from trainyard.operators.job import JobOperator", "dags.shop -> trainyard.operators.job"),
        ("plugins/trainyard/names.py", "import airflow", "trainyard.names -> airflow"),
        ("plugins/trainyard/requests/emr.py", "from ..steps import train", "trainyard.requests.emr -> trainyard.steps"),
        ("plugins/trainyard/triggers/s3.py", "from trainyard import steps", "trainyard.triggers.s3 -> trainyard.steps"),
        ("plugins/trainyard/operators/job.py", "import trainyard.steps", "trainyard.operators.job -> trainyard.steps"),
        ("plugins/trainyard/steps/train.py", "import local_aws", "trainyard.steps.train -> local_aws"),
        ("spark_jobs/shop/clean.py", "import pandas", "spark_jobs.shop.clean -> pandas"),
        ("training_jobs/ncf/train.py", "from trainyard.names import job", "training_jobs.ncf.train -> trainyard.names"),
        ("containers/churn/train.py", "import trainyard", "containers.churn.train -> trainyard"),
        ("local_aws/server.py", "def f():\n    import trainyard.spec", "local_aws.server -> trainyard.spec"),
        ("local_aws/jobs.py", "from moto.backends import get_backend", "local_aws.jobs -> moto.backends"),
        ("yard/up.py", "from local_aws.application import LocalAws", "yard.up -> local_aws.application"),
    ],
)
def test_an_arrow_the_wrong_way_is_named(tmp_path: Path, path: str, line: str, arrow: str) -> None:
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(line)
    assert wrong_arrows(tmp_path) == [arrow]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("dags/shop.py", "from airflow.sdk import dag\nfrom trainyard import steps\nfrom trainyard.spec import A"),
        ("plugins/trainyard/spec.py", "from dataclasses import dataclass\nfrom trainyard.gate import Gate"),
        ("plugins/trainyard/steps/train.py", "import airflow\nfrom trainyard.operators.job import JobOperator"),
        ("plugins/trainyard/operators/job.py", "from ..triggers.job import JobTrigger\nfrom ..names import job_name"),
        ("training_jobs/ncf/train.py", "import torch\nimport train"),
        ("yard/run.py", "import httpx\nfrom trainyard.paths import run_folder\nfrom . import progress"),
        ("local_aws/server.py", "from moto.moto_server import x\nfrom local_aws.state import State"),
    ],
)
def test_an_arrow_the_right_way_is_not(tmp_path: Path, path: str, line: str) -> None:
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(line)
    assert wrong_arrows(tmp_path) == []


def test_what_is_too_long_is_named_with_its_length(tmp_path: Path) -> None:
    for path, text in {
        "dags/shop.py": "\n" * 66,
        "yard/run.py": "\n" * 251,
        "local_aws/jobs.py": "def wait():\n" + "    x = 1\n" * 40,
        "plugins/trainyard/names.py": "\n" * 250,
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert too_long(tmp_path) == [
        "dags/shop.py has 66 lines, at most 65",
        "local_aws/jobs.py: wait has 41 lines, at most 40",
        "yard/run.py has 251 lines, at most 250",
    ]

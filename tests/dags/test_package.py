"""The package for Amazon MWAA, unpacked where nothing else is: all DAGs are there, and import what was packed alone."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from yard.package import package, write

ROOT = Path(__file__).parents[2]
PARSE = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(collect_dags=True)
ours = [module.__file__ for module in sys.modules.values() if getattr(module, "__file__", None)]
print(json.dumps({"errors": bag.import_errors, "dags": sorted(bag.dags), "files": ours}))
"""


def test_all_dags_are_imported_from_the_package_alone(tmp_path: Path, dags: dict[str, Any]) -> None:
    package_folder, home = tmp_path / "package", tmp_path / "airflow"
    write(package(ROOT), package_folder)
    with zipfile.ZipFile(package_folder / "plugins.zip") as archive:
        archive.extractall(home / "plugins")
    (package_folder / "dags").rename(home / "dags")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "AWS", "PYTHON"))}
    settings = {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "PYTHONSAFEPATH": "1"}
    settings["PYTHONPATH"] = f"{home / 'plugins'}{os.pathsep}{home / 'dags'}"  # as MWAA has them
    done = subprocess.run(
        [sys.executable, "-c", PARSE], env=clean | settings, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["errors"] == {}
    assert found["dags"] == sorted(dags)
    checkout = [path for path in found["files"] if Path(path).is_relative_to(ROOT) and ".venv" not in Path(path).parts]
    assert checkout == []

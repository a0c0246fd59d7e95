"""What parsing the DAG files costs beyond importing Airflow, beside a DAG file of the Amazon provider's own operators.

    python -m bench.parse [--repeat 5]

Each file is imported in a fresh process that has imported what Airflow's DAG processor has; one more process imports
all of them. The baseline is one file with the same services by stock operators: train, process, tune, transform,
endpoint, EMR, Redshift and S3. Prints CPU seconds (user and system, the median of ``--repeat``), the seconds of
importing Airflow itself, and the ratio stock/ours; higher is better.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]

STOCK = """
from airflow.providers.amazon.aws.operators.emr import EmrAddStepsOperator, EmrCreateJobFlowOperator
from airflow.providers.amazon.aws.operators.redshift_data import RedshiftDataOperator
from airflow.providers.amazon.aws.operators.sagemaker import (
    SageMakerEndpointOperator, SageMakerModelOperator, SageMakerProcessingOperator,
    SageMakerTrainingOperator, SageMakerTransformOperator, SageMakerTuningOperator,
)
from airflow.providers.amazon.aws.sensors.s3 import S3KeySensor
from airflow.sdk import DAG

with DAG("stock"):
    (
        S3KeySensor(task_id="wait", bucket_key="s3://b/k")
        >> RedshiftDataOperator(task_id="unload", database="dev", sql="SELECT 1")
        >> EmrCreateJobFlowOperator(task_id="cluster")
        >> EmrAddStepsOperator(task_id="build", job_flow_id="j-1", steps=[])
        >> SageMakerTuningOperator(task_id="tune", config={})
        >> SageMakerTrainingOperator(task_id="train", config={})
        >> SageMakerProcessingOperator(task_id="evaluate", config={})
        >> SageMakerModelOperator(task_id="model", config={})
        >> SageMakerTransformOperator(task_id="score", config={})
        >> SageMakerEndpointOperator(task_id="deploy", config={})
    )
"""

#: What the DAG processor's own process has imported before it comes to a file, a DAG with one task included.
PARSE = """
import importlib.util, sys, time
import airflow.providers.standard.operators.python
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG, Param, task
from airflow.serialization.serialized_objects import DagSerialization
with DAG("any", params={"any": Param(1)}):
    task(lambda: None, task_id="any")()
own = time.process_time()
for number, path in enumerate(sys.argv[1:]):
    spec = importlib.util.spec_from_file_location(f"dag_{number}", path)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
print(own, time.process_time() - own)
"""


def measured(home: Path, files: list[Path], repeat: int) -> tuple[float, float]:
    """CPU seconds of importing Airflow, and of importing files after it: medians.

    :raises subprocess.CalledProcessError: when a file cannot be imported.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "AWS"))}
    settings = {"AIRFLOW_HOME": str(home), "PYTHONPATH": f"{ROOT / 'plugins'}{os.pathsep}{ROOT / 'dags'}"}
    command = [sys.executable, "-c", PARSE, *map(str, files)]
    ended = [
        subprocess.run(command, env=clean | settings, check=True, capture_output=True, text=True) for _ in range(repeat)
    ]
    found = [[float(word) for word in done.stdout.splitlines()[-1].split()] for done in ended]
    return median(own for own, _ in found), median(seconds for _, seconds in found)


def main() -> None:
    """Measure each file, all of them, and the baseline."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=5, help="processes a file")
    repeat = parser.parse_args().repeat
    files = sorted((ROOT / "dags").glob("*.py"))
    with tempfile.TemporaryDirectory(prefix="trainyard-parse-") as folder:
        home = Path(folder)
        (home / "stock.py").write_text(STOCK, encoding="utf-8")
        own, stock = measured(home, [home / "stock.py"], repeat)
        print(f"importing Airflow itself: {own:.2f} s of CPU; beyond that:")
        print(f"{'stock operators':28} {stock:6.3f} s")
        for path in files:
            _, seconds = measured(home, [path], repeat)
            print(f"{path.name:28} {seconds:6.3f} s   {stock / seconds:5.1f} times as fast")
        _, seconds = measured(home, files, repeat)
        print(f"{f'all {len(files)} files together':28} {seconds:6.3f} s   {stock / seconds:5.1f} times as fast")


if __name__ == "__main__":
    main()

"""The command line of Trainyard: ``python -m yard``.

It starts Airflow and local_aws on this machine and ends them, loads data into the warehouse, releases code, runs a
model's DAG, follows it and reports. It knows Airflow by its REST API and everything else by boto3.
"""

import sys
from pathlib import Path

# The library's pure modules are yard's, too; they lie where Airflow finds them.
_LIBRARY = str(Path(__file__).resolve().parents[1] / "plugins")
if _LIBRARY not in sys.path:
    sys.path.append(_LIBRARY)

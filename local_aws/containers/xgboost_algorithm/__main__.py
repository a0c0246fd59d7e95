"""Start by the folder: ``python .../xgboost_algorithm train``."""

import sys
from importlib import import_module
from pathlib import Path

# Python has put this folder first on the path; the package is imported from the one above instead.
sys.path[0] = str(Path(__file__).resolve().parent.parent)
sys.exit(import_module(f"xgboost_algorithm.{sys.argv[1]}").main())

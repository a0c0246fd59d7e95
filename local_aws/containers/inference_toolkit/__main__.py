"""Start by the folder: ``python .../inference_toolkit pytorch``."""

import sys
from importlib import import_module
from pathlib import Path

# Python has put this folder first on the path; the package is imported from the one above instead. `serve` takes that
# away again before the user's code is read: names such as `images` in there would hide the user's own.
sys.path[0] = str(Path(__file__).resolve().parent.parent)
import_module("inference_toolkit.serve").main()

"""``python -m scoring train`` and ``python -m scoring serve``, the two words that SageMaker says."""

import sys
from importlib import import_module

PROGRAMS = ("train", "serve")

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in PROGRAMS:
        sys.exit(f"usage: python -m scoring {{{','.join(PROGRAMS)}}}")
    sys.exit(import_module(f"scoring.{sys.argv[1]}").main())

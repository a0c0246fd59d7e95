"""Which tests stay together when several processes share them (``make test``).

Loaded by pytest's controller alone: pytest-xdist is no part of the environments in which training jobs are tested.
"""

from pathlib import PurePosixPath

import pytest
from xdist.scheduler import LoadScopeScheduling

#: Each file of these takes minutes, and shares little with its neighbours.
_BY_FILE = {"tests", "tests/end_to_end"}


def suite(test: str) -> str:
    """The suite of a test: the folder of its file, as a rule.

    :param test: pytest's id of it, e.g. ``tests/spark/test_java.py::test_a_java_is_found``.
    """
    path = PurePosixPath(test.partition("::")[0])
    folder = path.parent.as_posix()
    return path.as_posix() if folder in _BY_FILE else folder


class BySuite(LoadScopeScheduling):
    """A free process takes the next suite, in the order in which one process would run them, and runs all of it.

    So each suite has one local_aws, one Spark, one of whatever its fixtures start; and no suite meets another order
    than the one it has when it is run alone.
    """

    def __init__(self, config: pytest.Config, log: object) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return suite(nodeid)

"""What the command line tells a person when it cannot go on.

::

    YardError               what happened, and what to do about it
    ├── RunFailed           the run ended, but not well: the report says where and why
    └── Interrupted         Ctrl-C, SIGTERM or a closed terminal
"""


class YardError(Exception):
    """Something a person must know or do; shown without a stack trace.

    :param what: what happened, in one sentence or more.
    :param remedy: what to do about it; empty when the sentence says it already.
    """

    exit_code = 1

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


class RunFailed(YardError):
    """A DAG run ended in another state than success."""


class Interrupted(YardError):
    """A person or the system asked this command to end.

    :param number: the signal; the exit code is 128 + its number, as shells have it.
    """

    def __init__(self, number: int) -> None:
        super().__init__("Interrupted.")
        self.exit_code = 128 + number

"""What went wrong in a step, in the engine's own words, found in what it printed."""

import re
from dataclasses import dataclass

_LONGEST = 2000
_TRACEBACK = "Traceback (most recent call last):"
#: A line of Spark's log, which ends the message that stands above it.
_LOG_LINE = re.compile(r"\d\d/\d\d/\d\d \d\d:\d\d:\d\d [A-Z]+ ")
_JAVA_TRACE = re.compile(r"^\s*(at |\.\.\. \d+ more)")


@dataclass(frozen=True)
class Failure:
    """What was found, and in which log: ``stdout`` or ``stderr``."""

    message: str
    log: str


def find(stdout: str, stderr: str, exit_code: int) -> Failure:
    """The exception that ended a step: the last one of Python, else of Java, else the last words.

    Spark sends a Python program's stderr to its own stdout, so that is where a traceback stands.
    """
    texts = {"stdout": stdout.splitlines(), "stderr": stderr.splitlines()}
    looks = ((_python, "stdout"), (_python, "stderr"), (_java, "stderr"), (_last_words, "stderr"))
    for look, log in looks:
        found = look(texts[log])
        if found:
            return Failure(found[:_LONGEST], log)
    return Failure(_exit(exit_code), "stderr")


def _exit(code: int) -> str:
    return f"The process was ended by signal {-code}." if code < 0 else f"The process ended with exit code {code}."


def _python(lines: list[str]) -> str | None:
    """The exception below the frames of the last traceback, e.g. ``ValueError: no rows``."""
    starts = [number for number, line in enumerate(lines) if line.strip() == _TRACEBACK]
    if not starts:
        return None
    below = lines[starts[-1] + 1 :]
    first = next((number for number, line in enumerate(below) if line and not line[0].isspace()), None)
    return None if first is None else _paragraph(below[first:])


def _java(lines: list[str]) -> str | None:
    """``Exception in thread "main" ...``, or the complaint of spark-submit about its arguments."""
    starts = [number for number, line in enumerate(lines) if line.startswith(("Exception in thread", "Error: "))]
    return _paragraph(lines[starts[-1] :]) if starts else None


def _last_words(lines: list[str]) -> str:
    return "\n".join([line for line in lines if line.strip() and not _JAVA_TRACE.match(line)][-5:])


def _paragraph(lines: list[str]) -> str:
    """The lines up to the next one that is empty, a log line or a frame of Java."""
    taken: list[str] = []
    for line in lines:
        if not line.strip() or _LOG_LINE.match(line) or _JAVA_TRACE.match(line):
            break
        taken.append(line)
    return "\n".join(taken)

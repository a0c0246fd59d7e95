"""What the supervisor's children do when they start, fail, and are asked to end.

Each test is a program of its own, since a process with pytest's threads and files in it is nothing to fork.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

PROGRAM = """
import os, signal, sys, time
from pathlib import Path
import psutil
from yard.children import Child, end

FOLDER = Path(sys.argv[1])

def start(body):
    child = Child("child", body, FOLDER / "child.log")
    child.start()
    return child

def code_of(child):
    while (code := child.reap()) is None:
        time.sleep(0.01)
    return code

def wait_until(happened):
    deadline = time.monotonic() + 60
    while not happened():
        if time.monotonic() > deadline:
            sys.exit("it did not happen")
        time.sleep(0.01)
"""


class Program:
    """Runs a piece of the supervisor's code."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, code: str) -> str:
        """What it prints."""
        argv = [sys.executable, "-c", PROGRAM + code, str(self.folder)]
        result = subprocess.run(argv, cwd=ROOT, text=True, capture_output=True, check=False, timeout=120)
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()

    @property
    def log(self) -> str:
        return (self.folder / "child.log").read_text()


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.mark.parametrize(("body", "code"), [("None", 0), ("sys.exit(3)", 3), ("sys.exit('no')", 1), ("1 / 0", 1)])
def test_the_exit_code_tells_how_a_child_ended(program: Program, body: str, code: int) -> None:
    assert program(f"print(code_of(start(lambda: {body})))") == str(code)


def test_what_a_child_says_and_how_it_fails_is_in_its_log(program: Program) -> None:
    assert program("code_of(start(lambda: [print('working'), int('x')]))") == ""
    assert "working" in program.log
    assert "ValueError: invalid literal" in program.log


def test_a_child_never_goes_on_with_its_parents_work(program: Program) -> None:
    assert program("code_of(start(lambda: None)); print('parent')") == "parent"
    assert "parent" not in program.log


def test_a_child_runs_what_was_registered_for_the_end_of_the_program(program: Program) -> None:
    program("import atexit\ncode_of(start(lambda: atexit.register(print, 'tidied up')))")
    assert "tidied up" in program.log


def test_a_child_leads_a_group_of_its_own(program: Program) -> None:
    code = (
        "c = start(lambda: time.sleep(600)); wait_until(lambda: os.getpgid(c.pid) == c.pid); end([c], 5); print('ok')"
    )
    assert program(code) == "ok"


def test_ending_a_child_ends_what_it_has_started(program: Program) -> None:
    code = """
def body():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.fork() == 0:
        (FOLDER / "new").write_text(str(os.getpid()))
        (FOLDER / "new").rename(FOLDER / "grandchild")
    time.sleep(600)

child = start(body)
wait_until((FOLDER / "grandchild").exists)
grandchild = psutil.Process(int((FOLDER / "grandchild").read_text()))
end([child], grace_seconds=0.1)
wait_until(lambda: not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE)
print(child.pid)
"""
    assert program(code) == "0"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
def test_children_end_when_the_supervisor_is_killed(program: Program, tmp_path: Path) -> None:
    code = f"""
import subprocess
inner = {PROGRAM!r} + '''
def body():
    (FOLDER / "new").write_text(str(os.getpid()))
    (FOLDER / "new").rename(FOLDER / "child")
    time.sleep(600)

start(body)
wait_until((FOLDER / "child").exists)
os.kill(os.getpid(), signal.SIGKILL)
'''
subprocess.run([sys.executable, "-c", inner, str(FOLDER)])
pid = int((FOLDER / "child").read_text())
wait_until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
print("gone")
"""
    assert program(code) == "gone"


def test_a_child_that_was_killed_by_a_stranger_says_so(program: Program) -> None:
    code = "c = start(lambda: time.sleep(600)); os.kill(c.pid, signal.SIGKILL); print(code_of(c), c.pid)"
    assert program(code) == "-9 0"


def test_a_child_can_be_started_again(program: Program) -> None:
    assert program("c = start(lambda: None); code_of(c); c.start(); print(code_of(c), len(c.starts))") == "0 2"


def test_a_log_that_has_grown_too_long_is_set_aside(program: Program, tmp_path: Path) -> None:
    (tmp_path / "child.log").write_bytes(b"x" * 20_000_001)
    program("code_of(start(lambda: print('anew')))")
    assert program.log == "anew\n"
    assert (tmp_path / "child.log.1").stat().st_size == 20_000_001

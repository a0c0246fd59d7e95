"""The private /opt/ml, with namespaces and without."""

import os
import subprocess
from pathlib import Path

import pytest

from local_aws.containers import sandbox

needs_namespaces = pytest.mark.skipif(not sandbox.has_namespaces(), reason="this machine refuses mount namespaces")


def run(root: Path, command: str, **options: object) -> subprocess.CompletedProcess[str]:
    argv = sandbox.enter(root, ["sh", "-c", command], **options)  # type: ignore[arg-type]  # passed through
    env = {"PATH": os.environ["PATH"], "MODEL": "/opt/ml/model"}
    return subprocess.run(argv, env=env, capture_output=True, text=True)


@needs_namespaces
def test_the_folder_is_opt_ml_and_nothing_outside_changes(tmp_path: Path) -> None:
    before = sorted(os.listdir("/opt"))
    done = run(tmp_path, "pwd; echo hello > /opt/ml/made; ls /opt | grep -vx ml")
    assert done.stdout.splitlines() == ["/opt/ml", *(name for name in before if name != "ml")]
    assert (tmp_path / "made").read_text() == "hello\n"
    assert sorted(os.listdir("/opt")) == before


@needs_namespaces
def test_a_read_only_folder_can_be_read_only(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a").write_text("a")
    command = "cat data/a; echo b > data/a; echo b > data/b; rm data/a; echo free > elsewhere"
    done = run(tmp_path, command, read_only=["/opt/ml/data"])
    assert done.stdout == "a"
    assert done.stderr.count("Read-only file system") == 3
    assert (tmp_path / "data" / "a").read_text() == "a"
    assert (tmp_path / "elsewhere").exists()


@needs_namespaces
def test_a_hosts_file_takes_the_place_of_the_machines(tmp_path: Path) -> None:
    before = Path("/etc/hosts").read_text()
    (tmp_path / "hosts").write_text("127.16.16.2\talgo-2\n")
    done = run(tmp_path, "cat /etc/hosts; echo x > /opt/ml/made", hosts_file=tmp_path / "hosts")
    assert done.stdout == "127.16.16.2\talgo-2\n"
    assert Path("/etc/hosts").read_text() == before


@pytest.mark.parametrize("mode", ["mount", "rewrite"])
def test_exit_code_process_id_and_signals_are_the_programs_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setenv("LOCAL_AWS_SANDBOX", mode)
    assert run(tmp_path, "exit 7").returncode == 7
    assert run(tmp_path, "kill -TERM $$").returncode == -15
    argv = sandbox.enter(tmp_path, ["sh", "-c", "echo $$"])
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        assert int(process.stdout.read()) == process.pid


def test_without_namespaces_paths_are_rewritten_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCAL_AWS_SANDBOX", "rewrite")
    done = run(tmp_path, "pwd; echo $MODEL; echo x > /opt/ml/made", network=False)
    assert done.stdout.splitlines() == [str(tmp_path), f"{tmp_path}/model"]
    assert (tmp_path / "made").exists()
    assert f"its paths are rewritten to {tmp_path}" in done.stderr
    assert "the network is not isolated" in done.stderr


def test_a_machine_that_only_rewrites_has_no_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_AWS_SANDBOX", "rewrite")
    assert not sandbox.has_namespaces.__wrapped__()


@needs_namespaces
def test_a_machine_that_mounts_has_namespaces() -> None:
    assert run(Path("/"), "test -e /opt/ml/etc").returncode == 0


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    argv = sandbox.enter(tmp_path, ["/no/such/program"])
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.returncode == 127
    assert "exec '/no/such/program'" in done.stderr

"""Becomes a container's program: binds the job's folder to /opt/ml in a mount namespace of its own, then execs.

Run by path with nothing but the standard library, since it runs inside the job's environment:
``python -I -S launcher.py mount|rewrite ROOT CWD PROGRAM ARGUMENT...``. Nothing outside the namespace changes, not
even an empty ``/opt/ml`` is left behind: where there is none, ``/opt`` is laid out anew in a tmpfs of the namespace.
"""

from __future__ import annotations

import ctypes
import os
import sys

ML = "/opt/ml"
OPT = "/opt"

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _mount(source: str, target: str, kind: str | None, flags: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    encoded = None if kind is None else kind.encode()
    _checked(libc.mount(source.encode(), target.encode(), encoded, ctypes.c_ulong(flags), None), f"mount {target}")


def _private_namespace() -> None:
    """A mount namespace; for anyone but root inside a user namespace that keeps the user who they are."""
    uid, gid = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "unshare"):
        raise OSError("this system has no mount namespaces")
    _checked(libc.unshare(CLONE_NEWNS if uid == 0 else CLONE_NEWNS | CLONE_NEWUSER), "unshare")
    if uid != 0:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    _mount("none", "/", None, MS_REC | MS_PRIVATE)


def _lay_out_opt() -> None:
    """Replace /opt, in this namespace, by a tmpfs with the same entries, so that /opt/ml can be made."""
    former = os.open(OPT, os.O_PATH | os.O_DIRECTORY)  # type: ignore[attr-defined,unused-ignore]  # Linux only
    names = os.listdir(OPT)
    _mount("tmpfs", OPT, "tmpfs", 0)
    for name in names:
        source, target = f"/proc/self/fd/{former}/{name}", f"{OPT}/{name}"
        if os.path.islink(source):
            os.symlink(os.readlink(source), target)
            continue
        if os.path.isdir(source):
            os.mkdir(target)
        else:
            open(target, "w").close()
        _mount(source, target, None, MS_BIND | MS_REC)
    os.close(former)
    os.mkdir(ML)


def bind(root: str) -> None:
    """Make ``root`` this process's /opt/ml. OSError where the system refuses."""
    _private_namespace()
    if not os.path.isdir(ML):
        _lay_out_opt()
    _mount(root, ML, None, MS_BIND | MS_REC)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def main(mode: str, root: str, cwd: str, *argv: str) -> None:
    """Enter the sandbox and become ``argv``; exit code 127 where that program does not exist."""
    command, environment = list(argv), dict(os.environ)
    try:
        if mode == "rewrite":
            raise OSError("LOCAL_AWS_SANDBOX=rewrite")
        bind(root)
    except OSError as refused:
        _say(f"local_aws: no private {ML} ({refused}); its paths are rewritten to {root}")
        command = [part.replace(ML, root) for part in command]
        environment = {name: value.replace(ML, root) for name, value in environment.items()}
        cwd = cwd.replace(ML, root)
    try:
        os.chdir(cwd)
        os.execvpe(command[0], command, environment)  # noqa: S606 - the job's own command line, no shell wanted
    except OSError as failed:
        _say(f"exec {command[0]!r} in {cwd}: {failed.strerror}")
        sys.exit(127 if isinstance(failed, FileNotFoundError) else 126)


if __name__ == "__main__":
    main(*sys.argv[1:])

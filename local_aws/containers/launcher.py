"""Becomes a container's program: binds the job's folder to /opt/ml in a mount namespace of its own, then execs.

Run by path with nothing but the standard library, since it runs inside the job's environment:
``python -I -S launcher.py SETTINGS PROGRAM ARGUMENT...`` (see ``sandbox.enter``). Nothing outside the namespace
changes, not even an empty ``/opt/ml`` is left behind: where there is none, ``/opt`` is laid out anew in a tmpfs of the
namespace.
"""

import ctypes
import fcntl
import json
import os
import socket
import struct
import sys

ML = "/opt/ml"
OPT = "/opt"
HOSTS = "/etc/hosts"

# From Linux's sched.h, mount.h, sockios.h and if.h.
CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 0x1, 0x2, 0x4, 0x8, 0x20
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
SIOCSIFFLAGS, IFF_UP, IFF_RUNNING = 0x8914, 0x1, 0x40


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _mount(source: str, target: str, kind: str | None, flags: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    encoded = None if kind is None else kind.encode()
    _checked(libc.mount(source.encode(), target.encode(), encoded, ctypes.c_ulong(flags), None), f"mount {target}")


def _unshare(network: bool) -> None:
    """Private mounts (and network); for anyone but root inside a user namespace that keeps the user who they are."""
    uid, gid = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "unshare"):
        raise OSError("this system has no mount namespaces")
    kinds = CLONE_NEWNS | (0 if network else CLONE_NEWNET) | (0 if uid == 0 else CLONE_NEWUSER)
    _checked(libc.unshare(kinds), "unshare")
    if uid != 0:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    _mount("none", "/", None, MS_REC | MS_PRIVATE)
    if not network:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP | IFF_RUNNING))


def _lay_out_opt(mounts: list[list[str]]) -> None:
    """Replace /opt, in this namespace, by a tmpfs with the same entries, in which /opt/ml and others can be made."""
    ours = {ML, *(target for _, target in mounts)}
    former = os.open(OPT, os.O_PATH | os.O_DIRECTORY)  # type: ignore[attr-defined,unused-ignore]  # Linux only
    names = os.listdir(OPT)
    _mount("tmpfs", OPT, "tmpfs", 0)
    for name in names:
        source, target = f"/proc/self/fd/{former}/{name}", f"{OPT}/{name}"
        if target in ours:
            continue
        if os.path.islink(source):
            os.symlink(os.readlink(source), target)
            continue
        _bind(source, target)
    os.close(former)
    os.mkdir(ML)
    for source, target in mounts:
        _bind(source, target)


def _bind(source: str, target: str) -> None:
    """Bind a file or a folder to a path that does not exist yet."""
    if os.path.isdir(source):
        os.mkdir(target)
    else:
        open(target, "w").close()
    _mount(source, target, None, MS_BIND | MS_REC)


def _forbid_writing(folder: str) -> None:
    _mount(folder, folder, None, MS_BIND | MS_REC)
    # A remount must repeat the flags that a user namespace may not drop; their numbers are those of statvfs.
    kept = os.statvfs(folder).f_flag & (MS_NOSUID | MS_NODEV | MS_NOEXEC)
    _mount("none", folder, None, MS_REMOUNT | MS_BIND | MS_RDONLY | kept)


def isolate(root: str, mounts: list[list[str]], read_only: list[str], network: bool) -> None:
    """Make ``root`` this process's /opt/ml, and each source of ``mounts`` its target. OSError where that is refused."""
    _unshare(network)
    if mounts or not os.path.isdir(ML):
        _lay_out_opt(mounts)
    _mount(root, ML, None, MS_BIND | MS_REC)
    for folder in read_only:
        _forbid_writing(folder)


def _name_hosts(hosts_file: str | None) -> None:
    """Put a file in place of /etc/hosts. A job of one host does without, should the system refuse just that."""
    if hosts_file and os.path.exists(HOSTS):
        try:
            _mount(hosts_file, HOSTS, None, MS_BIND)
        except OSError as refused:
            _say(f"local_aws: the hosts of this job cannot be found by name ({refused})")


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def main(settings: str, *argv: str) -> None:
    """Enter the sandbox and become ``argv``; exit code 127 where that program does not exist."""
    wanted = json.loads(settings)
    root, cwd, mounts = wanted["root"], wanted["cwd"], wanted["mounts"]
    command, environment = list(argv), dict(os.environ)
    try:
        if wanted["mode"] == "rewrite":
            raise OSError("LOCAL_AWS_SANDBOX=rewrite")
        isolate(root, mounts, wanted["read_only"], wanted["network"])
        _name_hosts(wanted["hosts_file"])
    except OSError as refused:
        _say(f"local_aws: no private {ML} ({refused}); its paths are rewritten to {root}")
        if not wanted["network"]:
            _say("local_aws: the network is not isolated here, though EnableNetworkIsolation asks for it")
        for source, target in [[root, ML], *mounts]:
            command = [part.replace(target, source) for part in command]
            environment = {name: value.replace(target, source) for name, value in environment.items()}
            cwd = cwd.replace(target, source)
    try:
        os.chdir(cwd)
        os.execvpe(command[0], command, environment)  # noqa: S606 - the job's own command line, no shell wanted
    except OSError as failed:
        _say(f"exec {command[0]!r} in {cwd}: {failed.strerror}")
        sys.exit(127 if isinstance(failed, FileNotFoundError) else 126)


if __name__ == "__main__":
    main(*sys.argv[1:])

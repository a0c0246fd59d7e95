"""The hosts of one job: their names, and the network on which they find one another.

Every host is a process of this machine. So that each has an address of its own, as on AWS, a job gets a network of
loopback addresses, 127.A.B.0/24, and its hosts algo-1, algo-2... get 127.A.B.1, 127.A.B.2...: Linux has all of
127.0.0.0/8 on its loopback interface, without any set-up. In a host's mount namespace /etc/hosts says so, which is
where every language's resolver looks. Two hosts may listen on the same port, each on its own address; who listens on
0.0.0.0 listens on all of them.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

_T = TypeVar("_T")
_MACHINE = Path("/etc/hosts")
#: 127.0.x.y is the machine's own (127.0.0.1, 127.0.1.1, 127.0.0.53).
_FIRST, _LAST = 16, 250


def host_names(count: int) -> list[str]:
    """The names of a job's hosts, as SageMaker sorts them: ``algo-1``, ``algo-10``, ``algo-2``..."""
    return sorted(f"algo-{number}" for number in range(1, count + 1))


def addresses(job: str, names: Sequence[str]) -> dict[str, str]:
    """The address of each host; jobs that run at the same time have different ones, short of a one in 50,000 chance.

    :param job: what tells it, or one try of it, from all others.
    """
    digest = hashlib.sha256(job.encode()).digest()
    span = _LAST - _FIRST + 1
    net = f"127.{_FIRST + digest[0] % span}.{_FIRST + digest[1] % span}"
    return {name: f"{net}.{name.removeprefix('algo-')}" for name in names}


def hosts_file(job: str, names: Sequence[str]) -> str:
    """The content of a host's /etc/hosts: the machine's, and the names of the job's hosts."""
    own = "".join(f"{address}\t{name}\n" for name, address in addresses(job, names).items())
    machine = _MACHINE.read_text() if _MACHINE.is_file() else "127.0.0.1\tlocalhost\n"
    return f"{machine.rstrip()}\n{own}"


def shard(found: Sequence[_T], index: int, count: int) -> list[_T]:
    """The objects that one host gets by ShardedByS3Key: every ``count``-th, so all get as many, save one."""
    return list(found[index::count])

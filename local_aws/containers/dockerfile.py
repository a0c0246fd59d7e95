"""What of a Dockerfile matters to a process: its command, its variables, its files, and the packages that pip installs.

Nothing is built. The last stage is read with the rules of Docker's reference for continuation lines, comments,
variables and the two forms of a command; what it inherits from an earlier stage of the same file counts, too.
"""

import copy
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

#: A reference that only the running process can resolve; everything else is known when the file is read.
PATH = "${PATH}"
_REFERENCE = re.compile(r"\\\$|\$(?P<plain>\w+)|\$\{(?P<braced>\w+)(?::(?P<how>[-+])(?P<other>[^}]*))?\}")
#: Instructions that say nothing about a process of ours.
_WITHOUT_EFFECT = frozenset({"EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "SHELL", "STOPSIGNAL", "USER", "VOLUME"})
_PIP_INSTALL = re.compile(r"(\S*/)?(pip[\d.]*|python[\d.]* -m pip|uv pip) install ")
_ARCHIVE = re.compile(r"\.(tar|tgz|tbz2|txz|tar\.\w+)$")


class BadDockerfile(Exception):
    """A Dockerfile that cannot be read, or asks for what only a build can do; the message names the line."""


@dataclass(frozen=True)
class Copied:
    """One COPY: from the build context to the container. ``as_folder``: the target ends in ``/``."""

    line: int
    sources: tuple[str, ...]
    target: str
    as_folder: bool
    executable: bool


@dataclass
class Dockerfile:
    """The last stage."""

    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    #: ENV, in order, with ``${PATH}`` standing for the process's own.
    variables: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    copied: list[Copied] = field(default_factory=list)
    #: Paths in the container that RUN makes executable.
    executables: list[str] = field(default_factory=list)
    #: The arguments of each ``pip install``, and the working directory it runs in.
    installed: list[tuple[str, list[str]]] = field(default_factory=list)
    #: What a build would do, and nobody does here.
    not_done: list[str] = field(default_factory=list)


def read(text: str) -> Dockerfile:
    """Read a Dockerfile.

    :raises BadDockerfile: naming the line.
    """
    stages: dict[str, _Stage] = {}
    stage = _Stage()
    given: dict[str, str] = {}
    for line, name, rest in _instructions(text):
        try:
            if name == "FROM":
                stage = _from(rest, stages, given)
            elif name == "ARG" and not stages:
                given |= _defaults(rest, given)
            elif not stages:
                raise BadDockerfile(f"{name} stands before FROM")
            else:
                stage.take(line, name, rest)
        except (BadDockerfile, ValueError) as error:
            raise BadDockerfile(f"line {line}: {error}") from None
    if not stages:
        raise BadDockerfile("it has no FROM")
    return stage.result


def _from(rest: str, stages: dict[str, "_Stage"], given: Mapping[str, str]) -> "_Stage":
    words = [word for word in shlex.split(_expand(rest, given)) if not word.startswith("--")]
    if not words:
        raise BadDockerfile("FROM names no image")
    base, name = words[0], words[2] if len(words) == 3 and words[1].upper() == "AS" else f"#{len(stages)}"
    if base not in stages and ".dkr.ecr." in base:
        raise BadDockerfile(
            f"local_aws does not build on {base}: a stage begins with an image from elsewhere. Remedy: use AWS's image "
            "as it is, in script mode, with what you add in requirements.txt"
        )
    stages[name] = copy.deepcopy(stages[base]) if base in stages else _Stage(dict(given))
    return stages[name]


class _Stage:
    """A stage while it is read."""

    def __init__(self, arguments: Mapping[str, str] | None = None) -> None:
        self.result = Dockerfile()
        self._arguments = dict(arguments or {})

    def take(self, line: int, name: str, rest: str) -> None:
        """Take one instruction."""
        if "<<" in rest and name in ("RUN", "COPY", "ADD") and re.search(r"<<-?['\"]?\w+", rest):
            raise BadDockerfile("local_aws does not read here-documents")
        if name == "ENV":
            self.result.variables |= _pairs(rest, self._known)
        elif name == "ARG":
            self._arguments |= _defaults(rest, self._known)
        elif name == "WORKDIR":
            self.result.workdir = self._absolute(_expand(rest.strip(), self._known))
        elif name in ("COPY", "ADD"):
            self._copy(line, name, rest)
        elif name == "RUN":
            self._run(rest)
        elif name == "ENTRYPOINT":
            self.result.entrypoint, self.result.command = _command(rest), []
        elif name == "CMD":
            self.result.command = _command(rest)
        elif name not in _WITHOUT_EFFECT:
            raise BadDockerfile(f"local_aws does not know the instruction {name}")

    @property
    def _known(self) -> dict[str, str]:
        return self._arguments | self.result.variables

    def _absolute(self, path: str) -> str:
        return str(PurePosixPath(self.result.workdir) / path)

    def _copy(self, line: int, name: str, rest: str) -> None:
        flags = re.match(r"(--\S+\s+)*", rest)
        options, listed = (flags[0].split(), rest[flags.end() :]) if flags else ([], rest)
        words = _exec_form(listed) or shlex.split(listed)
        *sources, target = (_expand(word, self._known) for word in words)
        if not sources:
            raise BadDockerfile(f"{name} needs a source and a target")
        as_folder = target.endswith("/") or target in (".", "..")
        target = self._absolute(target)
        from_elsewhere = any(option.startswith("--from=") for option in options)
        if from_elsewhere or any("://" in source or (name == "ADD" and _ARCHIVE.search(source)) for source in sources):
            if PurePosixPath(target).is_relative_to("/opt"):
                raise BadDockerfile(f"local_aws copies files of the image's own folder only, not {' '.join(sources)}")
            self.result.not_done.append(f"{name} {rest}")
            return
        modes = [option.removeprefix("--chmod=") for option in options if option.startswith("--chmod=")]
        executable = any(_makes_executable(mode) for mode in modes)
        self.result.copied.append(Copied(line, tuple(sources), target, as_folder, executable))

    def _run(self, rest: str) -> None:
        listed = _exec_form(rest)
        commands = [listed] if listed else list(_shell_commands(rest))
        done = [self._carried_out(words) for words in commands]
        if not all(done):
            self.result.not_done.append(" ".join(f"RUN {rest}".split()))

    def _carried_out(self, words: list[str]) -> bool:
        """Note what a command of RUN comes to here; False where it comes to nothing."""
        words = [_expand(word, self._known) for word in words]
        if words[0] == "chmod" and len(words) > 2:
            if _makes_executable(words[1]):
                self.result.executables += [self._absolute(path) for path in words[2:]]
            return True
        pip = _PIP_INSTALL.match(" ".join([*words, ""]))
        if pip:
            self.result.installed.append((self.result.workdir, words[len(pip[0].split()) :]))
        return pip is not None


def _instructions(text: str) -> Iterator[tuple[int, str, str]]:
    """Number of its first line, name and rest of each instruction; continuation lines joined, comments left out."""
    escape = re.match(r"(?:#\s*\w+=.*\n)*?#\s*escape\s*=\s*(\S)", text, re.IGNORECASE)
    mark = escape[1] if escape else "\\"
    began, whole = 0, ""
    for number, raw in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        line = raw.strip()
        if line.startswith("#") or not line:
            continue
        began = began or number
        if line.endswith(mark):
            whole += f"{line[:-1]} "
            continue
        name, _, rest = f"{whole}{line}".strip().partition(" ")
        yield began, name.upper(), rest.strip()
        began, whole = 0, ""
    if whole:
        raise BadDockerfile(f"line {began}: it goes on after the end of the file")


def _expand(text: str, known: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        name = found["plain"] or found["braced"]
        if name is None:
            return "$"
        had = known.get(name, PATH if name == "PATH" else "")
        if found["how"] == "+":
            return found["other"] if had else ""
        return had or found["other"] or ""

    return _REFERENCE.sub(value, text)


def _pairs(rest: str, known: Mapping[str, str]) -> dict[str, str]:
    """``A=b "C=d e"``, or the old form ``A b c``. A name set in the same instruction counts from the next one on."""
    words = shlex.split(rest)
    if words and "=" not in words[0]:
        name, _, value = rest.partition(" ")
        return {name: _expand(value.strip(), known)}
    return {name: _expand(value, known) for name, _, value in (word.partition("=") for word in words)}


def _defaults(rest: str, known: Mapping[str, str]) -> dict[str, str]:
    """Those arguments of the build that have a default."""
    parts = (word.partition("=") for word in shlex.split(rest))
    return {name: _expand(value, known) for name, is_set, value in parts if is_set}


def _command(rest: str) -> list[str]:
    return _exec_form(rest) or ["/bin/sh", "-c", rest]


def _exec_form(rest: str) -> list[str]:
    """The words of a JSON list; none where it is not one, which Docker then takes for the shell form, too."""
    try:
        words = json.loads(rest) if rest.startswith("[") else []
    except ValueError:
        return []
    return words if all(isinstance(word, str) for word in words) else []


def _shell_commands(text: str) -> Iterator[list[str]]:
    """The commands of a shell line, without assignments before and redirections after them."""
    lexer = shlex.shlex(re.sub(r"^(--\S+\s+)*", "", text), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    for token in [*lexer, ";"]:
        if token and set(token) <= set(";&|()<>"):
            if words:
                yield words
            words = []
        elif words or not re.match(r"\w+=", token):
            words.append(token)


def _makes_executable(mode: str) -> bool:
    return bool(int(mode, 8) & 0o111) if re.fullmatch(r"[0-7]+", mode) else "x" in mode.partition("+")[2]

"""Repositories made in a line, and hosts that serve them over HTTP, as dulwich and as git itself do it."""

import base64
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from dulwich.objects import Blob, Commit, ObjectID, Tree
from dulwich.refs import Ref
from dulwich.repo import Repo
from dulwich.server import BackendRepo, DictBackend
from dulwich.web import make_wsgi_chain

App = Callable[[dict[str, Any], Any], Iterable[bytes]]
USER, TOKEN = "x-access-token", "s3cret-t0ken"
FILE, PROGRAM, LINK, SUBMODULE = 0o100644, 0o100755, 0o120000, 0o160000


class Repository:
    """A bare repository; each commit holds exactly the files it is given."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True)
        self._repo = Repo.init_bare(str(path), default_branch=b"main")

    @property
    def uri(self) -> str:
        """Its address on this machine."""
        return self.path.as_uri()

    def commit(self, files: dict[str, str], branch: str = "main", modes: dict[str, int] | None = None) -> str:
        """A commit on a branch; its hash."""
        ref = Ref(f"refs/heads/{branch}".encode())
        commit = Commit()
        commit.tree = self._tree(files, modes or {})
        commit.parents = [self._repo.refs[ref]] if ref in self._repo.refs else []
        commit.author = commit.committer = b"A Person <person@example.com>"
        commit.author_time = commit.commit_time = 1_700_000_000
        commit.author_timezone = commit.commit_timezone = 0
        commit.message = b"A change\n"
        self._repo.object_store.add_object(commit)
        self._repo.refs[ref] = commit.id
        return commit.id.decode()

    def _tree(self, files: dict[str, str], modes: dict[str, int], at: str = "") -> Any:
        tree = Tree()
        for name in sorted({path.partition("/")[0] for path in files}):
            below = {path.partition("/")[2]: text for path, text in files.items() if path.startswith(f"{name}/")}
            if below:
                tree.add(name.encode(), 0o040000, self._tree(below, modes, f"{at}{name}/"))
                continue
            mode = modes.get(f"{at}{name}", FILE)
            blob = Blob.from_string(files[name].encode())
            self._repo.object_store.add_object(blob)
            tree.add(name.encode(), mode, ObjectID(files[name].encode()) if mode == SUBMODULE else blob.id)
        self._repo.object_store.add_object(tree)
        return tree.id


class Host:
    """A git host on a free port; it asks for credentials where it is given some, and remembers what it was told."""

    def __init__(self, app: App, credentials: tuple[str, str] | None) -> None:
        self._app = app
        self._wanted = f"Basic {base64.b64encode(':'.join(credentials).encode()).decode()}" if credentials else None
        self.told: list[str | None] = []
        self.url = ""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer, unless the credentials are wrong."""
        told = environ.get("HTTP_AUTHORIZATION")
        self.told.append(told)
        if self._wanted and told != self._wanted:
            start_response("401 Unauthorized", [("WWW-Authenticate", 'Basic realm="git"'), ("Content-Length", "0")])
            return []
        return self._app(environ, start_response)


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class _Server(WSGIServer):
    daemon_threads = True


@contextmanager
def serving(app: App, credentials: tuple[str, str] | None = None) -> Iterator[Host]:
    """A host for the time of a block."""
    host = Host(app, credentials)
    server = make_server("127.0.0.1", 0, host, server_class=_Server, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    host.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def by_dulwich(repository: Repository) -> App:
    """Serves one repository, whatever its path, with dulwich."""
    served: dict[str, BackendRepo] = {f"/{repository.path.name}": Repo(str(repository.path))}
    app: App = make_wsgi_chain(DictBackend(served))
    return app


def by_git(repository: Repository, *, newest: bool = True) -> App:
    """Serves the repositories of a folder with git's own http-backend, a CGI program.

    :param newest: whether it speaks version 2 of the protocol; version 0 gives out only what a branch points at.
    """

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        told = {name: str(value) for name, value in environ.items() if name.startswith(("HTTP_", "REMOTE_"))}
        told |= {name: environ[name] for name in ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING") if name in environ}
        told |= {"CONTENT_TYPE": environ.get("CONTENT_TYPE", ""), "PATH": str(Path(git_program()).parent)}
        told |= {"GIT_PROJECT_ROOT": str(repository.path.parent), "GIT_HTTP_EXPORT_ALL": "1"}
        told |= {"GIT_PROTOCOL": environ.get("HTTP_GIT_PROTOCOL", "") if newest else ""}
        told.pop("HTTP_GIT_PROTOCOL", None)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        told["CONTENT_LENGTH"] = str(len(body))
        answer = subprocess.run([git_program(), "http-backend"], input=body, env=told, capture_output=True, check=True)
        head, _, content = answer.stdout.partition(b"\r\n\r\n")
        headers = [tuple(line.decode().split(": ", 1)) for line in head.split(b"\r\n")]
        status = next((value for name, value in headers if name == "Status"), "200 OK")
        start_response(status, [pair for pair in headers if pair[0] != "Status"])
        return [content]

    return app


def by_old_git(repository: Repository) -> App:
    """As git served repositories before version 2 of its protocol."""
    return by_git(repository, newest=False)


def moved_to(url: str) -> App:
    """Answers everything with a redirection to the same path elsewhere."""

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        query = f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else ""
        start_response("302 Found", [("Location", f"{url}{environ['PATH_INFO']}{query}"), ("Content-Length", "0")])
        return []

    return app


def failing(status: str) -> App:
    """Answers everything with a status."""

    def app(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response(status, [("Content-Length", "0")])
        return []

    return app


def git_program() -> str:
    """The git program; empty where there is none."""
    return shutil.which("git") or ""

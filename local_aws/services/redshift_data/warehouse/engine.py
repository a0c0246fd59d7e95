"""The engine: one DuckDB instance, a file per database, Redshift's functions in memory.

DuckDB lets one process write a file, so all sessions are cursors of one connection. Databases are attached under
their own names; functions and catalog views live in memory and are made anew at each start, so that a database file
holds nothing but what its user created.
"""

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from local_aws.services.redshift_data.errors import Cancelled, RedshiftError
from local_aws.services.redshift_data.sql.functions import MACROS
from local_aws.services.redshift_data.warehouse.functions import register

_VIEWS = Path(__file__).with_name("views.sql")
#: The database that a new warehouse has.
DEFAULT_DATABASE = "dev"
_NAME = re.compile(r"[a-z_][a-z0-9_$-]{0,126}")
#: Spark and training jobs run beside it; what does not fit is spilled to the scratch folder.
_MEMORY = "25%"
_RESERVED = ("memory", "system", "temp")


def statements_of(script: Path) -> list[str]:
    """The statements of a script of ours: comments start a line, a semicolon ends one."""
    lines = [line for line in script.read_text().splitlines() if not line.startswith("--")]
    return [statement.strip() for statement in re.split(r";\n", "\n".join(lines) + "\n") if statement.strip()]


class Engine:
    """All databases of one state folder.

    :param folder: where the database files lie; also where queries spill to.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer = threading.Lock()
        self._attaching = threading.Lock()
        self._attached: set[str] = set()
        self._counter = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        self.scratch = folder / "scratch"
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir()
        self._connection = duckdb.connect(":memory:")
        for setting in [
            "SET GLOBAL integer_division = true",  # 7 / 2 is 3
            "SET GLOBAL TimeZone = 'UTC'",
            f"SET GLOBAL memory_limit = '{_MEMORY}'",
            f"SET GLOBAL temp_directory = '{self.scratch}'",
            "SET GLOBAL autoinstall_known_extensions = false",  # nothing is fetched from anywhere
            "SET GLOBAL python_enable_replacements = false",  # a relation is never a variable of this program
        ]:
            self._connection.execute(setting)
        self._connection.execute("CREATE SCHEMA redshift")
        self._connection.execute("SET search_path = 'memory.redshift'")
        register(self._connection)
        for script in (MACROS, _VIEWS):
            for statement in statements_of(script):
                self._connection.execute(statement)

    def databases(self) -> list[str]:
        """The databases there are; the default one is there from the start."""
        found = {path.stem for path in self._folder.glob("*.duckdb")}
        return sorted(found | {DEFAULT_DATABASE})

    def create(self, name: str) -> None:
        """CREATE DATABASE.

        :raises RedshiftError: if there is one of that name, or it cannot be one's name.
        """
        if name in self.databases():
            raise RedshiftError(f'database "{name}" already exists')
        if not _NAME.fullmatch(name) or name in _RESERVED:
            raise RedshiftError(f'"{name}" is not a valid name of a database')
        self._attach(name)

    def drop(self, name: str) -> None:
        """DROP DATABASE, its file and all.

        :raises RedshiftError: if there is none, or it is the default one.
        """
        if name == DEFAULT_DATABASE:
            raise RedshiftError(f'cannot drop the database "{name}"')
        self.require(name)
        with self._attaching:
            if name in self._attached:
                try:
                    self._connection.execute(f'DETACH "{name}"')
                except duckdb.Error as error:
                    raise RedshiftError(
                        f'database "{name}" is being accessed by other users', details=(str(error),)
                    ) from error
                self._attached.discard(name)
            self._path(name).unlink()

    def require(self, name: str) -> None:
        """Make sure that a database can be used.

        :raises RedshiftError: as Redshift's FATAL error, if there is none of that name.
        """
        if name not in self.databases():
            raise RedshiftError(f'FATAL: database "{name}" does not exist')
        self._attach(name)

    def cursor(self, database: str) -> duckdb.DuckDBPyConnection:
        """A connection of one's own to a database, with temporary tables and settings of its own."""
        self.require(database)
        cursor = self._connection.cursor()
        cursor.execute(f"SET search_path = '{search_path(database, ['public'])}'")
        return cursor

    def log(self, table: str, rows: list[tuple[Any, ...]]) -> None:
        """Keep rows of a system table, outside of any statement's transaction: a failed one leaves its trace."""
        if rows:
            with self._counter:
                places = ", ".join("?" for _ in rows[0])
                self._connection.cursor().executemany(f"INSERT INTO memory.redshift.{table} VALUES ({places})", rows)

    @contextmanager
    def scratch_folder(self, name: str) -> Iterator[Path]:
        """A folder for one statement's files on the disk of the databases, gone afterwards."""
        folder = self.scratch / name
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def acquire_writer(self, cancelled: Callable[[], bool]) -> None:
        """Wait until no other transaction writes.

        Redshift locks tables; here one transaction writes at a time, and readers never wait. So a conflict between two
        writers, which DuckDB would answer with an error, becomes a wait, as it is in Redshift.

        :raises Cancelled: if the statement was cancelled meanwhile.
        """
        while not self._writer.acquire(timeout=0.05):
            if cancelled():
                raise Cancelled

    def release_writer(self) -> None:
        """Let the next transaction write."""
        self._writer.release()

    def close(self) -> None:
        """Write everything to the files and let go of them."""
        self._connection.close()

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.duckdb"

    def _attach(self, name: str) -> None:
        with self._attaching:
            if name in self._attached:
                return
            path = str(self._path(name)).replace("'", "''")
            self._connection.execute(f"ATTACH '{path}' AS \"{name}\"")
            self._connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{name}".public')
            self._attached.add(name)


def search_path(database: str, schemas: list[str]) -> str:
    """DuckDB's search path: the schemas of the database, then Redshift's functions and views."""
    return ",".join([*(f'"{database}"."{schema}"' for schema in schemas), "memory.redshift"])

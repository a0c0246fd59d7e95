"""What a statement is going to do: the answer of the translation, and the question of the session that runs it."""

from dataclasses import dataclass, field
from typing import Protocol

from sqlglot import exp

from local_aws.services.redshift_data.sql.types import RedshiftType


@dataclass(frozen=True)
class Column:
    """A column as it was declared."""

    name: str
    type: RedshiftType
    nullable: bool = True
    default: str | None = None


class Catalog(Protocol):
    """What a translation needs to know of the database."""

    def columns(self, table: exp.Table) -> list[Column]:
        """The columns of a table, [] if there is none of that name."""

    def has_function(self, name: str) -> bool:
        """Whether a function of that name was created here with CREATE FUNCTION."""


@dataclass
class Plan:
    """A statement in DuckDB's words.

    :param kind: ``query`` has a result set; ``write`` changes rows and counts them; ``define`` changes the catalog;
        ``nothing`` is accepted and has no effect here; the rest are what they are called.
    :param statements: run in this order, in one transaction. The result of the last one counts, but for ``define``.
    :param tables: the relations as they were written, for messages about them.
    :param unless_exists: a table whose existence makes the statement do nothing.
    :param created: the table that a CREATE TABLE AS makes.
    :param columns: declared types of a query's columns, None where only the engine knows; [] if nothing is known.
    """

    kind: str
    statements: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    unless_exists: exp.Table | None = None
    created: exp.Table | None = None
    columns: list[RedshiftType | None] = field(default_factory=list)

"""What a statement ends with when it fails: one exception, worded as Redshift words it."""


class RedshiftError(Exception):
    """A statement's error, as ``DescribeStatement`` shows it after ``ERROR:``.

    :param message: Redshift's sentence.
    :param position: where in the statement, counted in characters from 1; None where Redshift says none.
    :param details: further lines, each ``Label: text``. The engine's own words stand here, so that nothing is lost
        where Redshift's wording says less than the engine knew.
    """

    def __init__(self, message: str, position: int | None = None, details: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.details = details

    def __str__(self) -> str:
        lines = [self.message if self.message.startswith("FATAL:") else f"ERROR: {self.message}"]
        if self.position is not None:
            lines.append(f"Position: {self.position}")
        return "\n  ".join([*lines, *self.details])


class Unsupported(RedshiftError):
    """Redshift can do it, local_aws cannot: said loudly, with the name of the thing."""

    def __init__(self, thing: str, instead: str = "") -> None:
        super().__init__(f"local_aws does not support {thing}{'; ' + instead if instead else ''}")


class Cancelled(RedshiftError):
    """The statement was stopped by CancelStatement."""

    def __init__(self) -> None:
        super().__init__("Query cancelled on user's request")

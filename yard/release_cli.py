"""The options of `release`; what it does is elsewhere."""

from typing import Annotated

import typer

from yard.home import Home


def release(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; write nothing.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="The versions there are: when, of what, by whom.")] = False,
    rollback: Annotated[str, typer.Option(metavar="VERSION", help="Let new runs take this version.")] = "",
    no_current: Annotated[bool, typer.Option("--no-current", help="Upload only: new runs go on as before.")] = False,
    aws: Annotated[bool, typer.Option("--aws", help="On AWS, with this machine's credentials.")] = False,
) -> None:
    """Put SQL, Spark jobs and training code into S3, under the hash of their content; new runs take them."""
    from yard.releasing import Wish, released

    released(Home.find(), Wish(dry_run, listing, rollback, not no_current), on_aws=aws)

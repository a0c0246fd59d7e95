"""The options of `release` and `package`; what they do is elsewhere."""

from pathlib import Path
from typing import Annotated

import typer

from yard import say
from yard.home import Home

OnAws = Annotated[bool, typer.Option("--aws", help="On AWS, with this machine's credentials.")]
Stack = Annotated[str, typer.Option(help="The stack's name on AWS.", show_default="trainyard")]
OnlyTipOf = Annotated[
    str, typer.Option(metavar="BRANCH", help="Put nothing, unless this is the newest commit of that branch at origin.")
]


def release(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; write nothing.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="The versions there are: when, of what, by whom.")] = False,
    rollback: Annotated[str, typer.Option(metavar="VERSION", help="Let new runs take this version.")] = "",
    no_current: Annotated[bool, typer.Option("--no-current", help="Upload only: new runs go on as before.")] = False,
    variable: Annotated[
        bool, typer.Option("--variable", help="Only print the Airflow Variable `trainyard`: where things are.")
    ] = False,
    aws: OnAws = False,
    stack: Stack = "",
    only_tip_of: OnlyTipOf = "",
) -> None:
    """Put SQL, Spark jobs and training code into S3, under the hash of their content; new runs take them."""
    from yard.releasing import Wish, released

    home = Home.find()
    if not _overtaken(home, only_tip_of):
        released(home, Wish(dry_run, listing, rollback, variable, not no_current), on_aws=aws, stack=stack)


def package(
    output: Annotated[Path, typer.Option(help="The folder to write to.")] = Path("build/mwaa"),
    bucket: Annotated[str, typer.Option(help="Of an MWAA environment: put the package there, too.")] = "",
    prefix: Annotated[str, typer.Option(help="A folder in that bucket.")] = "",
    hold_dags: Annotated[bool, typer.Option("--hold-dags", help="Put the DAG files another time.")] = False,
    only_tip_of: OnlyTipOf = "",
) -> None:
    """Pack DAGs, plugins and requirements as Amazon MWAA takes them; with a bucket, put them there."""
    from yard.clients import Account
    from yard.mwaa import sync
    from yard.package import package as packed
    from yard.package import write

    home = Home.find()
    files = packed(home.root)
    for path, digest in write(files, output).items():
        if not path.startswith("dags/"):
            say.line(f"{digest[:12]}  {path}")
    say.done(f"{output}: {len(files)} files")
    if bucket and not _overtaken(home, only_tip_of):
        folder = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        done = sync(Account(), files, bucket, folder, hold_dags=hold_dags)
        say.done(f"s3://{bucket}/{folder}: {len(done.put)} put, {len(done.removed)} removed")
        say.line(done.command(folder))


def _overtaken(home: Home, branch: str) -> bool:
    """Whether a build shall put nothing, because its commit is not the newest of the branch; says so."""
    from yard.checkout import overtaken

    newest = overtaken(home.root, branch) if branch else ""
    if newest:
        say.note(f"Nothing was put: {branch} is at {newest}, and this is another commit.")
    return bool(newest)

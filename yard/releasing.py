"""``yard release``: what a person, or a build, asks of the versions of the code."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from yard import release, say, target
from yard.clients import Aws
from yard.errors import YardError
from yard.home import Home
from yard.versions import difference, roll_back, told, versions


@dataclass(frozen=True)
class Wish:
    """What is wanted; at most one of these."""

    dry_run: bool = False
    listing: bool = False
    rollback: str = ""
    #: The Airflow Variable of the target, as JSON.
    variable: bool = False
    #: Upload only: new runs take what they took before.
    current: bool = True


def released(home: Home, wish: Wish, *, on_aws: bool, stack: str = "") -> None:
    """Release the code, or look at what was released.

    :param on_aws: in the account that boto3 finds in the environment, else in the local_aws that is up.
    :param stack: its name in the account.
    :raises YardError: when two things are wanted at once, there is no stack, or the code must not be released.
    """
    if sum((wish.dry_run, wish.listing, bool(wish.rollback), wish.variable, not wish.current)) > 1:
        raise YardError("--dry-run, --list, --no-current, --rollback and --variable are five things.", "Say one.")
    place = target.find(home, on_aws=on_aws, stack=stack)
    aws, bucket = place.aws, place.bucket
    if wish.variable:
        sys.stdout.write(f"{json.dumps(place.variable, indent=2)}\n")
    elif wish.listing:
        _list(aws, bucket)
    elif wish.rollback:
        roll_back(aws, bucket, wish.rollback)
        say.done(f"New runs take {wish.rollback} from now on; runs that have begun keep theirs.")
    elif wish.dry_run:
        for line in told(difference(aws, home.root, bucket)):
            say.line(line)
        say.note("Nothing was written.")
    else:
        _release(aws, home.root, bucket, current=wish.current, in_order=on_aws)


def _release(aws: Aws, root: Path, bucket: str, *, current: bool, in_order: bool) -> None:
    with say.step("Releasing the code") as details:
        made = release.publish(aws, root, bucket, current=current, in_order=in_order)
        details.append(f"version {made.version}, {made.files} files{', as before' if made.known else ''}")
    say.line(made.prefix)
    if not current:
        say.note(f"New runs take it when a form says code_version={made.version}, or after --rollback {made.version}.")


def _list(aws: Aws, bucket: str) -> None:
    found = versions(aws, bucket)
    if not found:
        raise YardError(f"No code was released to {bucket} yet.", "`yard release` does.")
    for version in found:
        mark = "*" if version.current else " "
        commit = version.revision or "-"
        say.line(f"{mark} {version.version}  {version.at or 'earlier':25}  {commit:13}  {version.by or 'unknown'}")
    say.line("* is what new runs take; + after a commit: files differed from it.")

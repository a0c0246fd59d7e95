"""``python -m local_aws``: serve the stand-in until told to stop."""

import argparse
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from local_aws.application import FolderInUse, LocalAws
from local_aws.containers import own_images


def main() -> int:
    """Parse the command line, serve, and end cleanly on SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m local_aws", description="An AWS on this machine, doing the work.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=4566, help="port, 0 for a free one (default: %(default)s)")
    parser.add_argument("--state", type=Path, default=Path(".local_aws"), help="state folder (default: %(default)s)")
    parser.add_argument("--region", default="us-east-1", help="region that it plays (default: %(default)s)")
    parser.add_argument(
        "--images",
        type=Path,
        help="folder whose folders are images of one's own (default: the variable LOCAL_AWS_IMAGES)",
    )
    options = parser.parse_args()
    if options.images:
        os.environ[own_images.VARIABLE] = str(options.images.resolve())
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        server = LocalAws(
            options.state, host=options.host, port=options.port, region=options.region, restart=_start_anew
        )
    except (FolderInUse, OSError) as error:
        print(f"local_aws cannot start: {error}", file=sys.stderr)  # noqa: T201 - the program's own last word
        return 1
    logging.info("local_aws serves %s, state in %s", server.endpoint_url, server.root)
    ended.wait()
    logging.info("local_aws stops")
    server.stop()
    return 0


def _start_anew() -> None:
    """Become a new local_aws: all threads are gone at once, and what they had started is left to the new one."""
    os.execv(sys.executable, [sys.executable, "-m", "local_aws", *sys.argv[1:]])  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    sys.exit(main())

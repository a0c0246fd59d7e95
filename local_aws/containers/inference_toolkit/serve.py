"""Load the model, then serve it; a model that does not load ends the process with its own traceback."""

import os
import sys

import uvicorn

from .application import Application
from .handlers import load_handler


def main() -> None:
    """Serve on SAGEMAKER_BIND_TO_PORT (8080 without it) until SIGTERM."""
    del sys.path[0]
    application = Application(load_handler(framework=sys.argv[1]))
    uvicorn.run(
        application,
        host="127.0.0.1",
        port=int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080")),
        lifespan="off",
        access_log=False,
        log_level="warning",
        # The front keeps its connections; closing one that has been idle would race with its next request.
        timeout_keep_alive=24 * 3600,
    )

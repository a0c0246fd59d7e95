"""What a restart of local_aws makes of applications and job runs: they go on."""

from pathlib import Path

import pytest

from tests.infra.stack import local_aws_process
from tests.local_aws.emr.support import runs, until
from tests.local_aws.emr_serverless.support import Applications

pytestmark = pytest.mark.spark

#: Waits for ever the first time, and is done the second time.
TWICE = """
import os, pathlib, sys, time
seen = pathlib.Path(sys.argv[1])
if seen.exists():
    print("second time")
else:
    seen.write_text(str(os.getpid()))
    time.sleep(600)
"""


def test_a_running_job_is_run_anew_under_its_id(local_aws_folder: Path, tmp_path: Path) -> None:
    with local_aws_process(local_aws_folder) as url:
        before = Applications(url)
        application = before.create(autoStopConfiguration={"enabled": False})
        run = before.start(application, before.put("code/twice.py", TWICE), str(tmp_path / "pid"))
        pid = until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    assert not runs(pid)
    with local_aws_process(local_aws_folder) as url:
        after = Applications(url)
        after.bucket = before.bucket
        assert after.run(application, run)["state"] == "SUCCESS"
        assert after.log(application, run, "stdout") == "second time\n"
        assert after.describe(application)["state"] == "STARTED"

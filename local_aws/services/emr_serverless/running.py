"""One job run while it runs: its Spark process, its logs, its end."""

import logging
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from local_aws import moto_bridge
from local_aws.processes import ManagedProcess
from local_aws.services.emr import releases
from local_aws.services.emr.failure import find
from local_aws.services.emr.inputs import input_bytes
from local_aws.services.emr_serverless.run_requests import configurations, submit_arguments
from local_aws.services.emr_serverless.store import Store, now
from local_aws.spark import arguments
from local_aws.spark.launch import LocalSpark, driver_memory, spark_version
from local_aws.spark.settings import hidden_buckets
from local_aws.spark.shipped_logs import ShippedLogs
from local_aws.state import Record
from local_aws.world import World

#: Seconds in a minute of ``executionTimeoutMinutes``; tests have shorter ones.
MINUTE = 60.0
_SHIP_SECONDS = 5.0
_GRACE_SECONDS = 10.0
_LONGEST_DETAILS = 256
#: The service keeps the two streams apart, so the process writes them to its files itself.
_TO_FILES = 'out=$1 err=$2; shift 2; exec "$@" >>"$out" 2>>"$err"'
_NO_ROLE = (
    "Could not assume runtime role {} because it does not exist or isn't setup with the required trust relationship."
)


class RunningJob:
    """Runs in a thread of its own until the job run has ended, or :meth:`abandon` is called.

    :param ended: called once with the run's id when its last state is recorded.
    """

    def __init__(
        self,
        world: World,
        store: Store,
        spark: LocalSpark,
        application: Record,
        run: Record,
        ended: Callable[[str], None],
    ) -> None:
        self.run_id = str(run["id"])
        self._world, self._store, self._spark = world, store, spark
        self._application, self._record, self._ended = application, run, ended
        folder = world.root / "emr-serverless" / run["application"] / self.run_id
        self._work = folder / "work"
        self._logs = _logs(folder / "SPARK_DRIVER", world, application, run)
        self._out, self._err = folder / "SPARK_DRIVER" / "stdout", folder / "SPARK_DRIVER" / "stderr"
        self._lock = threading.Lock()
        self._process: ManagedProcess | None = None
        self._stopped_because: str | None = None
        self._abandoned = False
        self._thread = threading.Thread(target=self._run, name=f"emr-serverless-{self.run_id}", daemon=True)

    def start(self) -> None:
        """Begin, from the beginning: what an earlier local_aws had run of it is forgotten."""
        shutil.rmtree(self._work, ignore_errors=True)
        for path in (self._out, self._err):
            path.write_bytes(b"")
        self._thread.start()

    def stop(self, grace_seconds: float, why: str = "") -> None:
        """End the run as CANCELLED.

        :param why: what its details then say.
        """
        with self._lock:
            if self._stopped_because is None:
                self._stopped_because = why
            process = self._process
        if process is not None:
            process.stop(grace_seconds)

    def abandon(self) -> None:
        """End the process because local_aws ends; the next start runs the job anew."""
        self._abandoned = True
        self.stop(0.0)
        self._thread.join()

    def _run(self) -> None:
        state, details = self._outcome()
        shutil.rmtree(self._work, ignore_errors=True)
        if self._abandoned:
            return
        try:
            self._logs.ship()
        except OSError:
            logging.exception("logs of EMR Serverless job run %s are not whole", self.run_id)
        self._store.change_run(self.run_id, state=state, details=details[:_LONGEST_DETAILS], ended=now())
        self._ended(self.run_id)

    def _outcome(self) -> tuple[str, str]:
        """The last state and its details. Whatever happens (a full disk above all), the run must end and say why."""
        try:
            return self._execute()
        except Exception as error:
            logging.exception("EMR Serverless job run %s", self.run_id)
            return "FAILED", f"local_aws: {error}"

    def _execute(self) -> tuple[str, str]:
        role = self._record["request"]["executionRoleArn"]
        if not moto_bridge.role_exists(role):
            return "FAILED", _NO_ROLE.format(role)
        self._work.mkdir(parents=True, exist_ok=True)
        process = self._start()
        code = self._wait(process) if process is not None else 0
        if self._stopped_because is not None:
            return "CANCELLED", self._stopped_because
        if code != 0:
            words = find(self._logs.tail(self._out), self._logs.tail(self._err), code).message
            return "FAILED", (
                "Job failed, please check complete logs in configured logging destination. "
                f"ExitCode: {code}. Last few exceptions: {words}"
            )
        self._spark.archive_later(self._world.processes)
        return "SUCCESS", ""

    def _start(self) -> ManagedProcess | None:
        """Start the process, unless the run was stopped before that."""
        driver = self._record["request"]["jobDriver"]["sparkSubmit"]
        given = driver.get("entryPointArguments", [])
        options = submit_arguments(self._record["request"])
        submit = arguments.read([*options, driver["entryPoint"], *given], self._record["properties"])
        aws = self._world.job_environment(self._record["request"]["executionRoleArn"])
        size = input_bytes(self._world.objects, submit.program)
        prepared = self._spark.prepare(submit, self._work, aws, input_bytes=size)
        self._note(submit)
        argv = ["/bin/sh", "-c", _TO_FILES, "sh", str(self._out), str(self._err), *prepared.argv]
        with self._lock:
            if self._stopped_because is None:
                label = f"EMR Serverless job run {self.run_id}"
                self._process = self._world.processes.start(argv, env=prepared.env, cwd=self._work, label=label)
            return self._process

    def _note(self, submit: arguments.Submit) -> None:
        """Say at the head of the driver's stderr what is otherwise here than on AWS."""
        release = self._record["release"]
        notes = [
            f"{release} has Spark {releases.spark_of(release)}; this is Spark {spark_version()} on {self._spark.java}, "
            f"driver and executors in one JVM with a heap of {driver_memory()}"
        ]
        told = configurations(self._application["settings"], self._record["request"])
        ignored = sorted({item["classification"] for item in told} - {"spark-defaults"})
        hidden = hidden_buckets(self._world.objects.buckets())
        for text, names in (
            ("Configurations without effect here", ignored),
            ("Spark cannot be shown these buckets, whose names extend those of others", hidden),
            ("Without effect on one machine", submit.dropped),
        ):
            notes += [f"{text}: {', '.join(names)}"] if names else []
        self._err.write_text("".join(f"local_aws: {note}\n" for note in notes), encoding="utf-8")

    def _wait(self, process: ManagedProcess) -> int:
        minutes = self._record["timeout_minutes"]
        deadline = time.monotonic() + minutes * MINUTE if minutes else float("inf")
        while True:
            try:
                return process.wait(min(_SHIP_SECONDS, max(0.0, deadline - time.monotonic())))
            except subprocess.TimeoutExpired:
                self._logs.ship()
            if time.monotonic() >= deadline:
                self.stop(_GRACE_SECONDS, f"Job run exceeded its execution timeout of {minutes} minutes.")


def _logs(folder: Path, world: World, application: Record, run: Record) -> ShippedLogs:
    """The driver's logs below the run's logUri, else the application's."""
    own = run["request"].get("configurationOverrides", {}).get("monitoringConfiguration", {})
    told = own.get("s3MonitoringConfiguration") or application["settings"].get("monitoringConfiguration", {}).get(
        "s3MonitoringConfiguration", {}
    )
    base, key = told.get("logUri"), told.get("encryptionKeyArn")
    where = f"applications/{application['id']}/jobs/{run['id']}/SPARK_DRIVER/"
    uri = f"{base.rstrip('/')}/{where}" if base else None
    return ShippedLogs(folder, ("stdout", "stderr"), world.objects, uri, key)

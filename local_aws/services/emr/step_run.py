"""One run of one step: from PENDING to its end, with logs and reason."""

import logging
import shutil
import subprocess
import threading
from collections.abc import Callable

from local_aws.errors import AwsError
from local_aws.processes import ManagedProcess
from local_aws.services.emr.command import Command, StepRefused, command_of, ignored_classifications
from local_aws.services.emr.failure import Failure, find
from local_aws.services.emr.step_logs import StepLogs
from local_aws.services.emr.store import Store, now
from local_aws.spark.launch import LocalSpark
from local_aws.state import Record
from local_aws.world import World

_SHIP_SECONDS = 5.0
_GRACE_SECONDS = 10.0
#: EMR keeps the two streams apart, so the process writes them to its files itself.
_TO_FILES = 'out=$1 err=$2; shift 2; exec "$@" >"$out" 2>"$err"'


class StepRun:
    """Runs a step in a thread of its own.

    :param ended: called once with the step's id when its last state is recorded.
    """

    def __init__(
        self, world: World, store: Store, spark: LocalSpark, cluster: Record, step: Record, ended: Callable[[str], None]
    ) -> None:
        self.step_id = str(step["id"])
        self._world, self._store, self._spark = world, store, spark
        self._cluster, self._step, self._ended = cluster, step, ended
        folder = world.root / "emr" / cluster["id"]
        self._work = folder / "work" / self.step_id
        self._logs = StepLogs(folder / "steps" / self.step_id, world.objects, cluster, step)
        self._lock = threading.Lock()
        self._process: ManagedProcess | None = None
        self._stopped_as: str | None = None
        self._abandoned = False
        self._thread = threading.Thread(target=self._run, name=f"emr-{self.step_id}", daemon=True)

    def start(self) -> None:
        """Begin; the step is RUNNING when this returns."""
        self._store.change_step(self.step_id, state="RUNNING", started=now())
        self._thread.start()

    def stop(self, state: str, *, force: bool = False) -> None:
        """End the step with this state (CANCELLED, INTERRUPTED). ``force`` leaves its process no time to clean up."""
        with self._lock:
            self._stopped_as = self._stopped_as or state
            process = self._process
        if process is not None:
            process.stop(0.0 if force else _GRACE_SECONDS)

    def abandon(self) -> None:
        """End the process because local_aws ends; the step's fate is recorded at the next start."""
        self._abandoned = True
        self.stop("INTERRUPTED", force=True)
        self.join()

    def join(self) -> None:
        """Wait until the step has ended."""
        self._thread.join()

    def _run(self) -> None:
        state, failure = self._outcome()
        shutil.rmtree(self._work, ignore_errors=True)
        if self._abandoned:
            return
        try:
            self._logs.note(f"Step failed: {failure.message}" if failure else f"Step ended as {state}")
            self._logs.ship()
        except OSError:
            logging.exception("logs of EMR step %s are not whole", self.step_id)
        details = None
        if failure is not None:
            log = self._logs.file(failure.log)
            details = {"Reason": "Unknown Error.", "Message": failure.message, "LogFile": log}
        self._store.change_step(self.step_id, state=state, ended=now(), failure=details)
        self._ended(self.step_id)

    def _outcome(self) -> tuple[str, Failure | None]:
        """The last state and the reason. Whatever happens (a full disk above all), the step must end and say why."""
        try:
            return self._execute()
        except Exception as error:
            logging.exception("EMR step %s", self.step_id)
            return "FAILED", Failure(f"local_aws: {error}", "stderr")

    def _execute(self) -> tuple[str, Failure | None]:
        """The last state, and for FAILED the reason."""
        self._work.mkdir(parents=True, exist_ok=True)
        aws = self._world.job_environment(self._step["role"] or self._cluster["request"]["JobFlowRole"])
        try:
            command = command_of(
                self._step, self._cluster, spark=self._spark, objects=self._world.objects, work=self._work, aws=aws
            )
        except (StepRefused, AwsError) as error:
            return "FAILED", Failure(str(error), "controller")
        process = self._start(command)
        code = self._wait(process) if process is not None else 0
        if self._stopped_as is not None:
            return self._stopped_as, None
        self._logs.note(f"waitProcessCompletion ended with exit code {code}")
        if code != 0:
            return "FAILED", find(self._logs.tail(self._logs.stdout), self._logs.tail(self._logs.stderr), code)
        if command.is_spark:
            self._spark.archive_later(self._world.processes)
        return "COMPLETED", None

    def _start(self, command: Command) -> ManagedProcess | None:
        """Start the process, unless the step was stopped before that."""
        for note in command.notes:
            self._logs.note(note)
        ignored = ignored_classifications(self._cluster)
        if ignored:
            self._logs.note(f"Configurations without effect here: {', '.join(ignored)}")
        jar = self._step["jar"]
        self._logs.note(f"startExec 'hadoop jar {jar['Jar']} {' '.join(jar.get('Args', []))}'")
        argv = ["/bin/sh", "-c", _TO_FILES, "sh", str(self._logs.stdout), str(self._logs.stderr), *command.argv]
        with self._lock:
            if self._stopped_as is None:
                self._process = self._world.processes.start(
                    argv, env=command.env, cwd=self._work, on_line=None, label=f"EMR step {self.step_id}"
                )
            return self._process

    def _wait(self, process: ManagedProcess) -> int:
        self._logs.note(f"ProcessRunner started child process {process.pid}")
        while True:
            try:
                return process.wait(_SHIP_SECONDS)
            except subprocess.TimeoutExpired:
                self._logs.ship()

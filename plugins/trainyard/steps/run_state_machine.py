"""run_state_machine: a Step Functions state machine as one step, for teams whose training is at home there."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from trainyard.operators.job import JobOperator
from trainyard.requests.state_machine import machine_execution, packages_in
from trainyard.workflows import STATE_MACHINE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import XComArg

    from trainyard.aws.runtime import Runtime
    from trainyard.job import Job
    from trainyard.kinds import Request
    from trainyard.operators.job import Ended
    from trainyard.spec import ModelSpec

_LONGEST = timedelta(hours=12)
MOST_CHARACTERS = 16_384  # of an output that goes on to the next task as it is


def run_state_machine(
    spec: ModelSpec,
    machine: str,
    after: XComArg,
    *,
    given: Mapping[str, Any] | None = None,
    time_limit: timedelta = _LONGEST,
) -> XComArg:
    """Start an execution of a standard state machine, wait for its end, and keep its output in the step's place.

    Args:
        spec: the model that it works for.
        machine: the state machine's name, or its ARN; of an alias or a version, too (``weekly:PROD``).
        after: what an earlier task returned; the execution starts after that.
        given: the execution's input: anything that JSON can say. In a text, ``{partition}``, ``{partition_end}``,
            ``{code}``, ``{code_version}`` and ``{output}`` stand for the run's, and ``{examples}`` for what ``after``
            returned as ``examples``. What the state machine writes below ``{output}`` is listed by the manifest.
        time_limit: the time after which the execution is stopped.

    Returns ``execution`` (ARN), ``machine``, ``output`` (null when it is longer than an XCom should be),
    ``output_uri`` (the whole of it), ``model_packages`` (ARNs of versions that stand in it: ``read_version`` takes
    them), ``manifest``, ``digest``, ``files``, ``bytes``, ``seconds``, ``job``.
    """
    return JobOperator(
        task_id="run_state_machine",
        kind=STATE_MACHINE,
        spec=spec,
        inputs={"machine": machine, "given": dict(given or {}), "after": after},
        request=_request,
        result=_result,
        time_limit=time_limit,
    ).output


def _request(job: Job, _runtime: Runtime) -> Request:
    return machine_execution(job, job.inputs["machine"], job.inputs["given"])


def _result(ended: Ended) -> dict[str, Any]:
    job, objects, told = ended.job, ended.runtime.objects, ended.description
    text = told.get("output") or "null"
    output, uri = json.loads(text), f"{job.place.uri}output.json"
    objects.write_json(uri, output)
    facts = {"execution": told["executionArn"], "model_packages": list(packages_in(output))}
    origin = [f"state-machine:{told['stateMachineArn']}"]
    manifest = job.manifest(objects.listing(job.place.uri), now=datetime.now(UTC), made_from=origin, facts=facts)
    objects.publish(job.place, manifest)
    return facts | {
        "machine": told["stateMachineArn"],
        "output": output if len(text) <= MOST_CHARACTERS else None,
        "output_uri": uri,
        "manifest": job.place.manifest,
        "digest": manifest.digest,
        "files": len(manifest.files),
        "bytes": manifest.size,
        "seconds": round((told["stopDate"] - told["startDate"]).total_seconds(), 3),
        "job": job.name,
    }

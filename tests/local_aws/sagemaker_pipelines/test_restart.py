"""What a restart of local_aws makes of an execution: it goes on where it was, and does nothing twice."""

from pathlib import Path

from tests.infra.stack import local_aws_process
from tests.local_aws.sagemaker_pipelines.support import Pipelines
from tests.support import RemoteLocalAws

#: Says how often it ran.
COUNTS = "echo ran >> {file}"


def test_an_execution_goes_on_with_its_next_step(local_aws_folder: Path, tmp_path: Path) -> None:
    with local_aws_process(local_aws_folder) as url:
        before = Pipelines(RemoteLocalAws(url))
        first = before.training("First", COUNTS.format(file=tmp_path / "first"))
        until_told = f"echo ran >> {tmp_path}/second; while [ ! -e {tmp_path}/go ]; do sleep 0.1; done"
        second = before.training("Second", until_told, DependsOn=["First"])
        third = before.training("Third", COUNTS.format(file=tmp_path / "third"), DependsOn=["Second"])
        arn = before.start(before.create(first, second, third))
        before.step(arn, "Second", "Executing")
        began = before.steps(arn)
    (tmp_path / "go").touch()
    with local_aws_process(local_aws_folder) as url:
        after = Pipelines(RemoteLocalAws(url))
        ended, steps = after.execution(arn), after.steps(arn)
        assert steps["First"] == began["First"]
        assert (tmp_path / "first").read_text() == "ran\n"
        assert steps["Second"]["Metadata"] == began["Second"]["Metadata"]
        job = after.describe_training(steps["Second"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2])
    # The execution follows what became of the job that it waited for.
    if job["TrainingJobStatus"] == "Completed":
        assert ended["PipelineExecutionStatus"] == "Succeeded"
        assert (tmp_path / "third").read_text() == "ran\n"
    else:
        assert job["FailureReason"] in steps["Second"]["FailureReason"]
        assert (ended["PipelineExecutionStatus"], list(steps)) == ("Failed", ["First", "Second"])

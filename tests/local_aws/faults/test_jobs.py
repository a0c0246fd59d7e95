"""Jobs that die, hang, or find no machine."""

from local_aws.testing import LocalAwsAdmin
from tests.local_aws.sagemaker_hosting.support import Hosting, until
from tests.local_aws.sagemaker_jobs.support import Jobs
from tests.support import LocalAwsForTests


def test_a_job_that_crashes_fails(jobs: Jobs, admin: LocalAwsAdmin) -> None:
    with admin.fault("crash", service="training-job"):
        job = jobs.train("sleep 60")
    assert (job["TrainingJobStatus"], "137" in job["FailureReason"]) == ("Failed", True)


def test_a_job_that_hangs_stays_in_progress_until_it_is_stopped(jobs: Jobs, admin: LocalAwsAdmin) -> None:
    name = jobs.name()
    with admin.fault("hang", service="training-job", match={"name": name}):
        jobs.sagemaker.create_training_job(**jobs.training_request(name, "echo ready; sleep 600"))
        until(lambda: admin.faults()[0]["hits"])
    assert jobs.describe_training(name)["TrainingJobStatus"] == "InProgress"
    jobs.sagemaker.stop_training_job(TrainingJobName=name)
    assert jobs.ended_training(name)["TrainingJobStatus"] == "Stopped"


#: Counts to four, a step a second, and keeps where it is as a checkpoint.
COUNTS = """
cd /opt/ml/checkpoints; i=$(cat at 2>/dev/null || echo 0); echo began after $i
while [ $i -lt 4 ]; do sleep 0.5; i=$((i+1)); echo $i > next; mv next at; echo round $i; done
echo $i > /opt/ml/model/rounds
"""
SPOT = {"EnableManagedSpotTraining": True, "StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 90}}


def test_a_spot_job_that_loses_its_machine_goes_on_from_its_checkpoint(jobs: Jobs, admin: LocalAwsAdmin) -> None:
    checkpoints = {"CheckpointConfig": {"S3Uri": jobs.uri("checkpoints/")}}
    with admin.fault("spot-loss", service="training-job", seconds=1.3, times=1):
        job = jobs.train(COUNTS, **SPOT, **checkpoints)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    steps = [transition["Status"] for transition in job["SecondaryStatusTransitions"]]
    assert steps.count("Interrupted") == 1
    assert steps.count("Training") == 2
    lines = jobs.lines("/aws/sagemaker/TrainingJobs", job["TrainingJobName"])
    assert sorted(line for line in lines if line.startswith("round")) == [f"round {n}" for n in range(1, 5)]
    assert "began after 0" not in [line for line in lines if line.startswith("began")][1:]


def test_a_job_that_pays_the_full_price_keeps_its_machine(jobs: Jobs, admin: LocalAwsAdmin) -> None:
    with admin.fault("spot-loss", service="training-job"):
        job = jobs.train("true")
        assert admin.faults()[0]["hits"] == 0
    assert job["TrainingJobStatus"] == "Completed"


def test_a_job_that_loses_every_machine_stops_when_it_has_waited_long_enough(jobs: Jobs, admin: LocalAwsAdmin) -> None:
    spot = {
        "EnableManagedSpotTraining": True,
        "StoppingCondition": {"MaxRuntimeInSeconds": 1, "MaxWaitTimeInSeconds": 1},
    }
    with admin.fault("spot-loss", service="training-job", seconds=0.2):
        job = jobs.train("sleep 30", **spot)
    assert job["TrainingJobStatus"] == "Stopped"
    assert job["SecondaryStatus"] in {"MaxWaitTimeExceeded", "MaxRuntimeExceeded"}


def test_a_job_without_machines_fails_in_sagemakers_words(jobs: Jobs, admin: LocalAwsAdmin) -> None:
    with admin.fault("capacity", service="training-job", times=1):
        job = jobs.train("true")
        again = jobs.train("true")
    assert job["FailureReason"].startswith("CapacityError: Unable to provision requested ML compute capacity")
    assert again["TrainingJobStatus"] == "Completed"


def test_an_update_can_be_rolled_back_without_a_word(local_aws: LocalAwsForTests, admin: LocalAwsAdmin) -> None:
    hosting = Hosting(local_aws)
    sagemaker, name = hosting.sagemaker, hosting.name("quiet")
    former, wanted = hosting.config(hosting.model()), hosting.config(hosting.model(version="2"))
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=former)
    until(lambda: sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "InService")
    with admin.fault("silent-rollback", service="endpoint", match={"name": name}):
        sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=wanted)
        until(lambda: sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "InService")
    found = sagemaker.describe_endpoint(EndpointName=name)
    assert found["EndpointConfigName"] == former
    assert "FailureReason" not in found
    sagemaker.delete_endpoint(EndpointName=name)


def test_a_container_can_take_its_time(local_aws: LocalAwsForTests, admin: LocalAwsAdmin) -> None:
    with admin.fault("slow-container", service="container", seconds=1.0):
        hosting = Hosting(local_aws)
        name, config = hosting.name("slow"), hosting.config(hosting.model())
        hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        until(lambda: hosting.sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "InService")
    assert admin.faults() == []
    hosting.sagemaker.delete_endpoint(EndpointName=name)

"""Training jobs of containers of one's own: the contract of /opt/ml, states, artifacts, failures, stopping."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker_jobs.support import Jobs, runs

SHOW_EVERYTHING = "cd /opt/ml && find . -type f | sort && cat input/config/*.json"


def channel(uri: str, name: str = "train", kind: str = "S3Prefix", **more: str) -> dict[str, object]:
    return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": kind, "S3Uri": uri}}, **more}


def test_a_job_that_exits_0_is_completed_and_its_model_is_in_s3(jobs: Jobs) -> None:
    job = jobs.train("echo weights > /opt/ml/model/weights && echo 0.5 > /opt/ml/output/data/score")
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Completed"
    output = f"output/{job['TrainingJobName']}/output"
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == jobs.uri(f"{output}/model.tar.gz")
    assert jobs.tar(f"{output}/model.tar.gz") == {"weights": "weights\n"}
    assert jobs.tar(f"{output}/output.tar.gz") == {"score": "0.5\n"}


def test_a_job_passes_through_the_states_of_aws_with_their_messages(jobs: Jobs) -> None:
    job = jobs.train("true")
    steps = [(step["Status"], step["StatusMessage"]) for step in job["SecondaryStatusTransitions"]]
    assert [step for step in steps if step[0] != "Pending"][-5:] == [
        ("Starting", "Preparing the instances for training"),
        ("Downloading", "Downloading the training image"),
        ("Training", "Training image download completed. Training in progress."),
        ("Uploading", "Uploading generated training model"),
        ("Completed", "Training job completed"),
    ]
    assert all(step["EndTime"] >= step["StartTime"] for step in job["SecondaryStatusTransitions"])
    assert job["CreationTime"] <= job["TrainingStartTime"] <= job["TrainingEndTime"] <= job["LastModifiedTime"]
    assert job["BillableTimeInSeconds"] == job["TrainingTimeInSeconds"] >= 1


def test_the_container_finds_its_configuration_and_channels(jobs: Jobs) -> None:
    jobs.put("data/a.csv", "1,2\n")
    jobs.put("data/deep/b.csv", "3,4\n")
    job = jobs.train(
        SHOW_EVERYTHING,
        HyperParameters={"epochs": "5"},
        InputDataConfig=[channel(jobs.uri("data/"), ContentType="text/csv"), channel(jobs.uri("data/a.csv"), "one")],
    )
    lines = jobs.lines("/aws/sagemaker/TrainingJobs", job["TrainingJobName"])
    assert "./input/data/train/a.csv" in lines
    assert "./input/data/train/deep/b.csv" in lines
    assert "./input/data/one/a.csv" in lines
    assert '{"epochs": "5"}' in "".join(lines)
    assert '"current_host": "algo-1"' in "".join(lines)
    assert '"ContentType": "text/csv"' in "".join(lines)


def test_a_prefix_without_a_slash_means_its_folder_and_what_starts_alike(jobs: Jobs) -> None:
    jobs.put("week/a", "a")
    jobs.put("weekend", "b")
    job = jobs.train("cd /opt/ml/input/data/train && ls", InputDataConfig=[channel(jobs.uri("week"))])
    assert jobs.lines("/aws/sagemaker/TrainingJobs", job["TrainingJobName"]) == ["a", "weekend"]


def test_a_manifest_names_the_objects_of_a_channel(jobs: Jobs) -> None:
    jobs.put("many/x/1", "one")
    jobs.put("many/x/2", "two")
    jobs.put("many/y", "not wanted")
    manifest = jobs.put("many.manifest", json.dumps([{"prefix": jobs.uri("many/")}, "x/2", "x/1"]))
    job = jobs.train(
        "cd /opt/ml/input/data/train && find . -type f | sort",
        InputDataConfig=[channel(manifest, kind="ManifestFile")],
    )
    assert jobs.lines("/aws/sagemaker/TrainingJobs", job["TrainingJobName"]) == ["./x/1", "./x/2"]


def test_a_manifest_that_names_a_missing_object_fails_the_job(jobs: Jobs) -> None:
    manifest = jobs.put("wrong.manifest", json.dumps([{"prefix": jobs.uri("nowhere/")}, "x"]))
    job = jobs.train("true", InputDataConfig=[channel(manifest, kind="ManifestFile")])
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: Data download failed:No S3 objects found")


def test_an_empty_prefix_is_refused_as_aws_refuses_it(jobs: Jobs) -> None:
    request = jobs.training_request(jobs.name(), "true", InputDataConfig=[channel(jobs.uri("nothing/"))])
    with pytest.raises(ClientError, match=r"ValidationException.*No S3 objects found under S3 URL") as refused:
        jobs.sagemaker.create_training_job(**request)
    assert jobs.role in str(refused.value)


def test_a_job_cannot_change_the_objects_it_reads(jobs: Jobs) -> None:
    jobs.put("kept/a", "as it was")
    write = "echo changed > /opt/ml/input/data/train/a"
    copied = jobs.train(write, InputDataConfig=[channel(jobs.uri("kept/"))])
    linked = jobs.train(write, InputDataConfig=[channel(jobs.uri("kept/"), InputMode="FastFile")])
    assert copied["TrainingJobStatus"] == "Completed", "in File mode the copy is the job's own"
    assert linked["TrainingJobStatus"] == "Failed", "FastFile is read-only"
    assert jobs.read("kept/a") == b"as it was"


def test_a_failing_job_tells_what_it_wrote_into_the_failure_file(jobs: Jobs) -> None:
    job = jobs.train("echo kept > /opt/ml/output/data/partial; printf 'bad label' > /opt/ml/output/failure; exit 3")
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: bad label, exit code: 3"
    output = f"output/{job['TrainingJobName']}/output/"
    assert jobs.keys(output) == ["output.tar.gz"], "what the job wrote beside its model survives, the model does not"


def test_a_container_that_is_killed_is_told_as_out_of_memory(jobs: Jobs) -> None:
    job = jobs.train("kill -9 $$")
    assert job["FailureReason"].startswith("ClientError: Please use an instance type with more memory")
    assert job["FailureReason"].endswith("exit code: 137")


def test_an_entrypoint_that_does_not_exist_is_named_in_the_log(jobs: Jobs) -> None:
    request = jobs.training_request(jobs.name(), "")
    request["AlgorithmSpecification"]["ContainerEntrypoint"] = ["/no/such/program"]
    jobs.sagemaker.create_training_job(**request)
    job = jobs.ended_training(request["TrainingJobName"])
    assert job["FailureReason"].endswith("exit code: 127")
    assert any("/no/such/program" in line for line in jobs.lines("/aws/sagemaker/TrainingJobs", job["TrainingJobName"]))


def test_the_log_goes_to_cloudwatch_line_by_line_as_aws_escapes_it(jobs: Jobs) -> None:
    job = jobs.train("printf 'one\\n[0]\\ttwo é\\n'; echo three >&2")
    lines = jobs.lines("/aws/sagemaker/TrainingJobs", job["TrainingJobName"])
    assert sorted(lines) == ["[0]#011two é", "one", "three"]
    (stream,) = jobs.logs.describe_log_streams(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=job["TrainingJobName"]
    )["logStreams"]
    assert stream["logStreamName"].startswith(f"{job['TrainingJobName']}/algo-1-")


def test_metrics_are_read_from_the_log_and_the_last_value_is_the_final_one(jobs: Jobs) -> None:
    request = jobs.training_request(jobs.name(), "echo 'HR=0.5; Loss=nope;'; echo 'HR=0.75; NDCG=1e-2;'")
    request["AlgorithmSpecification"]["MetricDefinitions"] = [
        {"Name": name, "Regex": f"{name}=(.*?);"} for name in ("HR", "NDCG", "Loss")
    ]
    jobs.sagemaker.create_training_job(**request)
    job = jobs.ended_training(request["TrainingJobName"])
    final = {item["MetricName"]: item["Value"] for item in job["FinalMetricDataList"]}
    assert final == {"HR": pytest.approx(0.75), "NDCG": pytest.approx(0.01)}
    found = jobs.aws.client("cloudwatch").list_metrics(
        Namespace="/aws/sagemaker/TrainingJobs",
        Dimensions=[{"Name": "TrainingJobName", "Value": job["TrainingJobName"]}],
    )["Metrics"]
    assert {metric["MetricName"] for metric in found} == {"HR", "NDCG"}


def test_artifacts_carry_the_key_that_the_request_names(jobs: Jobs) -> None:
    key = jobs.aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    output = {"S3OutputPath": jobs.uri("sealed"), "KmsKeyId": key}
    job = jobs.train("echo x > /opt/ml/model/x", OutputDataConfig=output)
    sealed = jobs.s3.head_object(Bucket=jobs.bucket, Key=f"sealed/{job['TrainingJobName']}/output/model.tar.gz")
    assert sealed["ServerSideEncryption"] == "aws:kms"
    assert sealed["SSEKMSKeyId"] == key


def test_an_upload_that_fails_fails_the_job(jobs: Jobs) -> None:
    output = {"S3OutputPath": "s3://no-such-bucket-anywhere/out"}
    job = jobs.train("echo x > /opt/ml/model/x", OutputDataConfig=output)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: Artifact upload failed:NoSuchBucket")


def test_a_job_without_a_model_completes_and_leaves_no_object(jobs: Jobs) -> None:
    job = jobs.train("true")
    assert job["TrainingJobStatus"] == "Completed"
    assert jobs.keys(f"output/{job['TrainingJobName']}/") == []


def test_output_may_stay_unpacked(jobs: Jobs) -> None:
    output = {"S3OutputPath": jobs.uri("open"), "CompressionType": "NONE"}
    job = jobs.train("mkdir /opt/ml/model/a && echo x > /opt/ml/model/a/b", OutputDataConfig=output)
    assert job["ModelArtifacts"]["S3ModelArtifacts"].endswith("/output/model/")
    assert jobs.keys(f"open/{job['TrainingJobName']}/output/model/") == ["a/b"]


def test_checkpoints_are_kept_and_come_back(jobs: Jobs) -> None:
    config = {"S3Uri": jobs.uri("checkpoints/one")}
    step = "cd /opt/ml/checkpoints; ls; echo $(( $(cat step 2>/dev/null || echo 0) + 1 )) > step"
    jobs.train(step, CheckpointConfig=config)
    jobs.train(step, CheckpointConfig=config)
    assert jobs.read("checkpoints/one/step") == b"2\n"


def test_a_stopped_job_gets_sigterm_and_its_model_is_saved(jobs: Jobs) -> None:
    name = jobs.name()
    command = "trap 'echo saved > /opt/ml/model/last; exit 0' TERM; echo ready; while :; do sleep 0.1; done"
    jobs.sagemaker.create_training_job(**jobs.training_request(name, command))
    jobs.running_training(name)
    jobs.sagemaker.stop_training_job(TrainingJobName=name)
    assert jobs.describe_training(name)["TrainingJobStatus"] in ("Stopping", "Stopped")
    job = jobs.ended_training(name)
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Stopped"
    assert jobs.tar(f"output/{name}/output/model.tar.gz") == {"last": "saved\n"}
    with pytest.raises(ClientError, match="rejected because the training job is in status Stopped"):
        jobs.sagemaker.stop_training_job(TrainingJobName=name)


def test_a_job_that_runs_too_long_is_stopped_with_that_reason(jobs: Jobs) -> None:
    job = jobs.train("echo early > /opt/ml/model/early; sleep 60", StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert job["TrainingJobStatus"] == "Stopped"
    assert job["SecondaryStatus"] == "MaxRuntimeExceeded"
    assert jobs.tar(f"output/{job['TrainingJobName']}/output/model.tar.gz") == {"early": "early\n"}


def test_a_spot_job_ends_when_it_may_not_wait_any_longer(jobs: Jobs) -> None:
    spot = {"StoppingCondition": {"MaxRuntimeInSeconds": 2, "MaxWaitTimeInSeconds": 2}}
    job = jobs.train("sleep 60", EnableManagedSpotTraining=True, **spot)
    assert job["TrainingJobStatus"] == "Stopped"
    assert job["SecondaryStatus"] == "MaxWaitTimeExceeded", "part of the two seconds went before the training began"


def test_children_of_a_job_end_with_it(jobs: Jobs) -> None:
    job = jobs.train("sleep 300 & echo child $!")
    (line,) = jobs.lines("/aws/sagemaker/TrainingJobs", job["TrainingJobName"])
    assert not runs(int(line.split()[1]))


def test_a_job_reaches_s3_with_credentials_of_its_own(jobs: Jobs) -> None:
    show = "echo $AWS_ENDPOINT_URL $AWS_REGION $MINE; env | grep -c ^AWS_SECRET_ACCESS_KEY="
    job = jobs.train(show, Environment={"MINE": "yes"})
    lines = jobs.lines("/aws/sagemaker/TrainingJobs", job["TrainingJobName"])
    assert lines == [f"{jobs.aws.endpoint_url} us-east-1 yes", "1"]


def test_an_isolated_job_has_no_network(jobs: Jobs) -> None:
    request = "import urllib.request, os; urllib.request.urlopen(os.environ['AWS_ENDPOINT_URL'] + '/_local/health')"
    open_job = jobs.train(f'python -c "{request}"')
    isolated = jobs.train(f'python -c "{request}"', EnableNetworkIsolation=True)
    lines = jobs.lines("/aws/sagemaker/TrainingJobs", isolated["TrainingJobName"])
    assert open_job["TrainingJobStatus"] == "Completed", open_job
    assert isolated["TrainingJobStatus"] == "Failed"
    assert any("Connection refused" in line for line in lines)

"""Every request is one that AWS takes: held against the service models, constraint by constraint."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.trainyard.aws_models import problems
from tests.unit.trainyard.made_up import LEADS, SETTINGS, SPEC, VARIABLE, job
from trainyard.catalog import (
    CLUSTER,
    JOB_RUN,
    PROCESSING,
    STATEMENT,
    STEP,
    TRAINING,
    TRANSACTION,
    TRANSFORM,
    TUNING,
)
from trainyard.errors import InputError, SettingsError
from trainyard.job import Job
from trainyard.kinds import JobKind, ListedKind, NamedKind, Request
from trainyard.manifests import File
from trainyard.requests import copy, emr, emr_serverless, endpoint, registry
from trainyard.requests.pipeline import execution
from trainyard.requests.processing import evaluation_job
from trainyard.requests.training import training_job, tuning_job
from trainyard.requests.transform import transform_job
from trainyard.requests.unload import unload
from trainyard.settings import Settings
from trainyard.spec import Compute
from trainyard.workflows import PIPELINE

MANIFEST = "s3://b/recommender/2026-02-02/build_examples/x-1/examples.manifest"
EXAMPLES = {
    "examples": MANIFEST,
    "channels": {name: f"s3://b/x/{name}.manifest" for name in ("train", "validation", "test")},
}
CHAMPION = {"artifact": "s3://b/old/model.tar.gz", "encoding": "s3://b/old/encoding/encoding.json"}
MODEL = "s3://b/recommender/2026-02-02/train/x-1/job/output/model.tar.gz"
VERSION = endpoint.Version("arn:aws:sagemaker:us-east-1:123456789012:model-package/recommender/3", 3, "2026-02-02")
READS = {"input": "s3://b/data/manifest"}
HYPERPARAMETERS = dict(SPEC.training.hyperparameters)
IN_A_NETWORK = Settings.from_json(VARIABLE | {"subnets": ["subnet-0123abcd"], "security_groups": ["sg-0123abcd"]})


def operation(method: str) -> str:
    return {"run_job_flow": "RunJobFlow", "add_job_flow_steps": "AddJobFlowSteps"}.get(
        method, method.title().replace("_", "")
    )


def complete(kind: JobKind, request: Request, work: Job) -> Request:
    if isinstance(kind, NamedKind):
        return kind.create_params(request, work.name)
    assert isinstance(kind, ListedKind)
    return kind.created(request, kind.full_name(request, work.name))


def requests(settings: Settings) -> list[tuple[JobKind, Job, Request]]:
    works = {
        name: replace(job(name, limit=kind.limit), settings=settings)
        for name, kind in {"unload": STATEMENT, "start_cluster": CLUSTER, "build_examples": STEP, "train": TRAINING,
                           "tune": TUNING, "evaluate": PROCESSING, "score": TRANSFORM}.items()
    }  # fmt: skip
    leads = {name: replace(work, spec=LEADS) for name, work in works.items()}
    return [
        (STATEMENT, works["unload"], unload(works["unload"], "SELECT 1")),
        (CLUSTER, works["start_cluster"], emr.cluster(works["start_cluster"])),
        (STEP, works["build_examples"], emr.spark_step(works["build_examples"], "j-2AXXXXXXGAPLF", READS)),
        (TRAINING, works["train"], training_job(works["train"], EXAMPLES, HYPERPARAMETERS)),
        (TUNING, works["tune"], tuning_job(works["tune"], EXAMPLES, HYPERPARAMETERS)),
        (PROCESSING, works["evaluate"], evaluation_job(works["evaluate"], MANIFEST, MODEL, CHAMPION)),
        (PROCESSING, works["evaluate"], evaluation_job(works["evaluate"], MANIFEST, MODEL, {})),
        (TRANSFORM, works["score"], transform_job(works["score"], "recommender-v3-0123456789", MANIFEST)),
        (PIPELINE, works["train"], execution(works["train"], "weekly", {"Output": "{output}", "Deep": True})),
        (JOB_RUN, works["build_examples"], emr_serverless.job_run(works["build_examples"], READS)),
        (STATEMENT, leads["unload"], unload(leads["unload"], "SELECT 1")),
        (TRAINING, leads["train"], training_job(leads["train"], EXAMPLES, LEADS.training.hyperparameters)),
        (TUNING, leads["tune"], tuning_job(leads["tune"], EXAMPLES, LEADS.training.hyperparameters)),
        (TRANSFORM, leads["score"], transform_job(leads["score"], "lead-scoring-v3-0123456789", MANIFEST)),
        (TRANSACTION, leads["unload"], copy.publish(leads["unload"], MANIFEST, rows=3, model_version=2)),
    ]  # fmt: skip


@pytest.mark.parametrize("settings", [SETTINGS, IN_A_NETWORK], ids=["open", "in a network"])
@pytest.mark.parametrize(
    "index",
    range(15),
    ids=[
        "unload",
        "cluster",
        "step",
        "train",
        "tune",
        "evaluate",
        "first",
        "score",
        "pipeline",
        "run",
        "unload CSV",
        "train built-in",
        "tune built-in",
        "score CSV",
        "copy",
    ],
)
def test_every_job_is_one_that_aws_takes(index: int, settings: Settings) -> None:
    kind, work, request = requests(settings)[index]
    assert problems(kind.service, operation(kind.create), complete(kind, request, work)) == []


@pytest.mark.parametrize("index", range(15))
def test_the_same_job_always_asks_for_the_same(index: int) -> None:
    once, again = (requests(SETTINGS)[index][2] for _ in range(2))
    assert json.dumps(once, sort_keys=True) == json.dumps(again, sort_keys=True)


def served() -> dict[str, Request]:
    work = job("deploy")
    metadata = {
        "partition": "2026-02-02",
        "challenger:ndcg@10": "0.412300",
        "reason": "ndcg 0.41, champion's 0.40." * 20,
    }
    return {
        "CreateModel": endpoint.model(work, VERSION),
        "CreateEndpointConfig": endpoint.endpoint_config(work, VERSION),
        "CreateEndpoint": endpoint.endpoint(work, "recommender-v3-0123456789"),
        "UpdateEndpoint": endpoint.endpoint(work, "recommender-v3-0123456789"),
        "CreateModelPackageGroup": registry.package_group(work),
        "CreateModelPackage": registry.package(
            work, artifact=MODEL, approved=True, reason="good", evaluation="s3://b/evaluation.json", metadata=metadata
        ),
    }


@pytest.mark.parametrize("name", served())
def test_what_serves_a_model_is_what_aws_takes(name: str) -> None:
    assert problems("sagemaker", name, served()[name]) == []


def test_models_and_configs_are_named_by_what_is_in_them() -> None:
    names = {(request["ModelName"]) for request in (endpoint.model(job(task), VERSION) for task in ("score", "deploy"))}
    assert len(names) == 1
    assert endpoint.model(job("score"), replace(VERSION, number=4))["ModelName"] not in names
    larger = replace(
        job("deploy"), settings=Settings.from_json(VARIABLE | {"instance_types": {"deploy": "ml.c5.xlarge"}})
    )
    configs = {endpoint.endpoint_config(work, VERSION)["EndpointConfigName"] for work in (job("deploy"), larger)}
    assert len(configs) == 2


def test_a_registration_is_the_same_one_when_it_is_repeated() -> None:
    made_of: Any = {"artifact": MODEL, "approved": True, "reason": "", "evaluation": "s3://b/e", "metadata": {"a": "b"}}
    tokens = [registry.package(job("register", replacement=n), **made_of)["ClientToken"] for n in (0, 0, 1)]
    assert tokens[0] == tokens[1] != tokens[2]


def test_a_refused_model_is_registered_as_rejected() -> None:
    request = registry.package(
        job("register"), artifact=MODEL, approved=False, reason="too low", evaluation="s3://b/e", metadata={}
    )
    assert request["ModelApprovalStatus"] == "Rejected"
    assert "too low" in request["ModelPackageDescription"]


def test_hyperparameters_are_json_as_script_mode_reads_them() -> None:
    request = training_job(job("train"), EXAMPLES, {"epochs": 5, "lr": 0.001, "opt": "adam", "flag": True})
    parameters = request["HyperParameters"]
    assert {name: parameters[name] for name in ("epochs", "lr", "opt", "flag")} == {
        "epochs": "5", "lr": "0.001", "opt": '"adam"', "flag": "true",
    }  # fmt: skip
    assert json.loads(parameters["sagemaker_program"]) == "train.py"
    assert json.loads(parameters["sagemaker_submit_directory"]).endswith(
        "code/abc123/training_jobs/ncf/sourcedir.tar.gz"
    )


def test_a_built_in_algorithm_gets_plain_texts_its_own_channels_and_no_script() -> None:
    request = training_job(replace(job("train"), spec=LEADS), EXAMPLES, LEADS.training.hyperparameters)
    assert request["HyperParameters"] == {"objective": "binary:logistic", "num_round": "10", "eta": "0.3"}
    assert [(channel["ChannelName"], channel["ContentType"]) for channel in request["InputDataConfig"]] == [
        ("train", "text/csv"), ("validation", "text/csv"),
    ]  # fmt: skip
    assert "MetricDefinitions" not in request["AlgorithmSpecification"]


def test_values_to_choose_from_are_plain_texts_for_a_built_in_algorithm() -> None:
    request = tuning_job(replace(job("tune", limit=32), spec=LEADS), EXAMPLES, LEADS.training.hyperparameters)
    ranges = request["HyperParameterTuningJobConfig"]["ParameterRanges"]
    assert ranges["CategoricalParameterRanges"] == [{"Name": "tree_method", "Values": ["hist", "exact"]}]


def test_several_machines_share_the_rows_to_learn_from_and_all_see_those_to_measure_on() -> None:
    two = replace(LEADS, training=replace(LEADS.training, compute=Compute("ml.m5.xlarge", instance_count=2)))
    request = training_job(replace(job("train"), spec=two), EXAMPLES, {})
    shared = [channel["DataSource"]["S3DataSource"]["S3DataDistributionType"] for channel in request["InputDataConfig"]]
    assert shared == ["ShardedByS3Key", "FullyReplicated"]
    assert request["ResourceConfig"]["InstanceCount"] == 2


def test_a_channel_that_the_preprocessing_did_not_leave_is_named() -> None:
    with pytest.raises(InputError, match="'validation', but the Spark job left no folder"):
        training_job(replace(job("train"), spec=LEADS), {"examples": MANIFEST, "channels": {"train": MANIFEST}}, {})


def test_a_training_goes_on_from_a_former_model_by_a_channel_of_its_own() -> None:
    work = replace(job("train", former=CHAMPION), spec=LEADS)
    channels = {item["ChannelName"]: item for item in training_job(work, EXAMPLES, {})["InputDataConfig"]}
    assert list(channels) == ["train", "validation", "model"]
    assert channels["model"]["DataSource"]["S3DataSource"]["S3Uri"].startswith(work.place.uri)
    assert "ContentType" not in channels["model"]


def test_the_script_may_come_from_a_revision_in_git() -> None:
    archive = "s3://b/recommender/2026-02-02/fetch_code/x-1/sourcedir.tar.gz"
    request = training_job(job("train", code={"code": archive}), EXAMPLES, {})
    assert json.loads(request["HyperParameters"]["sagemaker_submit_directory"]) == archive


def test_spot_machines_are_waited_for_and_keep_what_was_done() -> None:
    spot = replace(LEADS, training=replace(LEADS.training, spot_wait=timedelta(hours=1)))
    work = replace(job("train"), spec=spot)
    request = training_job(work, EXAMPLES, {})
    assert request["EnableManagedSpotTraining"] is True
    assert request["StoppingCondition"] == {"MaxRuntimeInSeconds": 4 * 3600, "MaxWaitTimeInSeconds": 5 * 3600}
    assert request["CheckpointConfig"]["S3Uri"].startswith(work.place.uri)


def test_a_search_may_begin_with_what_former_ones_found() -> None:
    work = job("choose_hyperparameters", limit=32)
    asked = replace(work, run=replace(work.run, warm_start=("recommender-choose-0123456789-1",)))
    config = tuning_job(asked, EXAMPLES, HYPERPARAMETERS)["WarmStartConfig"]
    assert config["ParentHyperParameterTuningJobs"] == [
        {"HyperParameterTuningJobName": "recommender-choose-0123456789-1"}
    ]
    assert "WarmStartConfig" not in tuning_job(work, EXAMPLES, HYPERPARAMETERS)


def test_a_champion_is_evaluated_with_the_encoding_of_its_own_run() -> None:
    request = evaluation_job(job("evaluate"), MANIFEST, MODEL, CHAMPION)
    arguments = request["AppSpecification"]["ContainerArguments"]
    assert "--champion" in arguments
    place = arguments[arguments.index("--champion-encoding") + 1]
    inputs = {item["InputName"]: item["S3Input"] for item in request["ProcessingInputs"]}
    assert place.startswith(inputs["champion-encoding"]["LocalPath"])
    assert inputs["champion-encoding"]["S3Uri"] == CHAMPION["encoding"]


def test_an_image_of_ones_own_judges_its_models_itself() -> None:
    own = replace(
        SPEC, training=replace(SPEC.training, image="own/lead-scoring-r:1", script=False, evaluate="evaluate")
    )
    request = evaluation_job(replace(job("evaluate"), spec=own), MANIFEST, MODEL, {})
    said = request["AppSpecification"]
    assert said["ContainerEntrypoint"] == ["evaluate"]
    assert said["ImageUri"] == "123456789012.dkr.ecr.us-east-1.amazonaws.com/lead-scoring-r:1"
    # A team whose code is in its image may have no folder of that name, and an input that is not there fails a job.
    assert [item["InputName"] for item in request["ProcessingInputs"]] == ["examples", "challenger"]


def test_a_search_may_be_for_the_smallest_value() -> None:
    loss = replace(SPEC, search=replace(SPEC.search, goal="Minimize"))
    request = tuning_job(replace(job("tune", limit=32), spec=loss), EXAMPLES, HYPERPARAMETERS)
    assert request["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]["Type"] == "Minimize"


def test_the_batch_scoring_may_be_told_its_limits() -> None:
    told = replace(LEADS, serving=replace(LEADS.serving, max_payload_mb=20, concurrent=5))
    request = transform_job(replace(job("score"), spec=told), "lead-scoring-v3-0123456789", MANIFEST)
    assert (request["MaxPayloadInMB"], request["MaxConcurrentTransforms"]) == (20, 5)
    assert "MaxPayloadInMB" not in transform_job(job("score"), "recommender-v3-0123456789", MANIFEST)


def test_a_key_goes_around_the_model() -> None:
    request = transform_job(replace(job("score"), spec=LEADS), "lead-scoring-v3-0123456789", MANIFEST)
    assert request["DataProcessing"] == {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}
    assert request["TransformInput"]["ContentType"] == request["TransformOutput"]["Accept"] == "text/csv"
    assert "DataProcessing" not in transform_job(job("score"), "recommender-v3-0123456789", MANIFEST)


def test_scores_replace_exactly_one_partition_of_the_models_own_table() -> None:
    sqls = copy.publish(replace(job("publish_scores"), spec=LEADS), MANIFEST, rows=3, model_version=2)["Sqls"]
    deleted = [sql for sql in sqls if sql.startswith("DELETE")]
    assert deleted == ["DELETE FROM marketing.lead_scores WHERE partition_start = '2026-02-02'"]
    assert sqls[copy.INSERT].startswith("INSERT INTO marketing.lead_scores SELECT CAST('2026-02-02' AS date), lead_id")
    assert sum("COUNT(DISTINCT lead_id) = 3" in sql for sql in sqls) == 1


def test_copy_takes_the_files_of_its_manifest_and_needs_each_of_them() -> None:
    files = [File("a/part-0.csv.out", 10), File("a/part-1.csv.out", 0)]
    assert copy.copy_manifest("b", files) == {
        "entries": [{"url": "s3://b/a/part-0.csv.out", "mandatory": True, "meta": {"content_length": 10}}]
    }


def test_a_model_without_a_table_has_nowhere_to_publish() -> None:
    with pytest.raises(InputError, match=r"recommender has no ModelSpec\.scores"):
        copy.publish(job("publish_scores"), MANIFEST, rows=3, model_version=2)


def test_what_is_searched_is_not_fixed_and_what_the_form_fixes_is_not_searched() -> None:
    def names(work: Job) -> tuple[set[str], set[str]]:
        request = tuning_job(work, EXAMPLES, HYPERPARAMETERS | dict(work.run.hyperparameters))
        ranges: dict[str, Any] = request["HyperParameterTuningJobConfig"]["ParameterRanges"]
        searched = {entry["Name"] for entries in ranges.values() for entry in entries}
        return searched, {
            name for name in request["TrainingJobDefinition"]["StaticHyperParameters"] if name in HYPERPARAMETERS
        }

    work = job("choose_hyperparameters", limit=32)
    assert names(work) == ({"lr", "factor_num", "opt"}, {"epochs"})
    fixed = replace(work, run=replace(work.run, hyperparameters={"lr": 0.005}))
    assert names(fixed) == ({"factor_num", "opt"}, {"epochs", "lr"})


def test_a_search_of_which_the_form_fixes_everything_is_refused() -> None:
    work = job("choose_hyperparameters", limit=32)
    fixed = replace(work, run=replace(work.run, hyperparameters={"lr": 0.005, "factor_num": 8, "opt": "sgd"}))
    with pytest.raises(InputError, match=r"The form fixes all that would be searched \(lr, factor_num, opt\)"):
        tuning_job(fixed, EXAMPLES, HYPERPARAMETERS)


def test_the_account_may_choose_the_machines() -> None:
    settings = Settings.from_json(VARIABLE | {"instance_types": {"train": "ml.g5.xlarge"}})
    request = training_job(replace(job("train"), settings=settings), EXAMPLES, HYPERPARAMETERS)
    assert request["ResourceConfig"]["InstanceType"] == "ml.g5.xlarge"


def test_a_first_model_is_evaluated_without_a_champion() -> None:
    request = evaluation_job(job("evaluate"), MANIFEST, MODEL, {"live": False})
    assert "--champion" not in request["AppSpecification"]["ContainerArguments"]


def test_everything_a_job_writes_is_encrypted_with_the_models_key() -> None:
    for kind, _, request in requests(SETTINGS):
        key = SETTINGS.kms_key_id if kind is STATEMENT else SETTINGS.kms_key
        # A step writes with its cluster's settings, a pipeline with its own, and COPY reads.
        if kind not in (STEP, PIPELINE, TRANSACTION):
            assert key in json.dumps(request), kind.key


def test_a_cluster_of_instance_groups_names_one_subnet() -> None:
    # AWS refuses Ec2SubnetIds with more than one for anything but instance fleets.
    several = Settings.from_json(VARIABLE | {"subnets": ["subnet-1", "subnet-2"], "security_groups": ["sg-1"]})
    instances = emr.cluster(replace(job("start_cluster"), settings=several))["Instances"]
    assert instances["Ec2SubnetId"] == "subnet-1"
    assert "Ec2SubnetIds" not in instances


def test_a_cluster_ends_by_itself_and_a_failed_step_leaves_no_queue() -> None:
    assert emr.cluster(job("start_cluster"))["AutoTerminationPolicy"]["IdleTimeout"] > 0
    assert emr.spark_step(job("build_examples"), "j-1", READS)["Steps"][0]["ActionOnFailure"] == "CANCEL_AND_WAIT"


def test_a_spark_job_is_called_the_same_way_with_and_without_a_cluster() -> None:
    work = job("build_examples")
    on_cluster = emr.spark_step(work, "j-1", READS)["Steps"][0]["HadoopJarStep"]["Args"]
    serverless = emr_serverless.job_run(work, READS)["jobDriver"]["sparkSubmit"]
    assert [serverless["entryPoint"], *serverless["entryPointArguments"]] == on_cluster[3:]
    assert "--conf spark.dynamicAllocation.maxExecutors=2" in serverless["sparkSubmitParameters"]


@pytest.mark.parametrize(("limit", "minutes"), [(61, 5), (301, 6), (7200, 120)])
def test_a_job_run_has_the_time_limit_of_the_model_in_whole_minutes(limit: int, minutes: int) -> None:
    compute = Compute("m5.xlarge", time_limit=timedelta(seconds=limit))
    spec = replace(SPEC, spark=replace(SPEC.spark, compute=compute))
    request = emr_serverless.job_run(replace(job("build_examples"), spec=spec), READS)
    assert request["executionTimeoutMinutes"] == minutes


def test_an_account_without_an_application_is_told_what_to_add() -> None:
    without = Settings.from_json({name: value for name, value in VARIABLE.items() if name != "emr_serverless"})
    with pytest.raises(SettingsError, match=r"recommender runs .* trainyard\.emr_serverless is missing"):
        emr_serverless.job_run(replace(job("build_examples"), settings=without), READS)


def test_a_pipeline_is_told_of_the_run_by_words_in_its_parameters() -> None:
    work = job("run_pipeline", after={"examples": "s3://b/e", "partition": "another"})
    given = {"Week": "{partition}", "To": "{output}x/", "From": "{examples}", "Deep": True, "Rate": 0.5, "N": 3}
    told = {item["Name"]: item["Value"] for item in execution(work, "weekly", given)["PipelineParameters"]}
    to = f"{work.place.uri}x/"
    assert told == {
        "Week": "2026-02-02", "To": to, "From": "s3://b/e", "Deep": "true", "Rate": "0.5", "N": "3",
    }  # fmt: skip


@pytest.mark.parametrize(("value", "words"), [(None, "is a NoneType"), (["a"], "is a list"), ("x" * 1025, "1025")])
def test_a_value_that_no_pipeline_takes_is_refused(value: Any, words: str) -> None:
    with pytest.raises(InputError, match=f"'Rows' .*{words}"):
        execution(job("run_pipeline"), "weekly", {"Rows": value})


def test_no_secret_can_stand_in_a_request() -> None:
    for _, _, request in requests(SETTINGS):
        assert "aws_secret" not in json.dumps(request).lower()
        assert "access_key" not in json.dumps(request).lower()

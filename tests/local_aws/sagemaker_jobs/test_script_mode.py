"""Script mode: the SageMaker training toolkit's variables, arguments, entry points and words of failure."""

import json
from typing import Any

import pytest

from tests.local_aws.sagemaker_jobs.support import PYTHON, Jobs, Record

GROUP = "/aws/sagemaker/TrainingJobs"
SHOW = """
import json, os, sys
print("SEEN", json.dumps({"args": sys.argv[1:], "env": dict(os.environ), "cwd": os.getcwd()}))
"""


def run(jobs: Jobs, files: dict[str, str], program: str, **more: Any) -> tuple[Record, list[str]]:
    request = jobs.script_request(jobs.name(), files, program, **more)
    jobs.sagemaker.create_training_job(**request)
    job = jobs.ended_training(request["TrainingJobName"])
    return job, jobs.lines(GROUP, job["TrainingJobName"])


def seen(lines: list[str]) -> Record:
    (line,) = [line for line in lines if line.startswith("SEEN ")]
    return json.loads(line.removeprefix("SEEN "))


def test_hyperparameters_become_arguments_as_the_toolkit_makes_them(jobs: Jobs) -> None:
    sent = {
        "epochs": "5",
        "lr": "0.001",
        "name": '"two words"',
        "plain": "text",
        "flag": "true",
        "none": "null",
        "layers": "[64, 32]",
        "map": '{"b": 2, "a": 1}',
        "k": "10",
        "_tuning_objective_metric": "HR",
    }
    _, lines = run(jobs, {"train.py": SHOW}, "train.py", HyperParameters=sent)
    assert seen(lines)["args"] == [
        *("--epochs", "5", "--flag", "True", "-k", "10", "--layers", "[64, 32]", "--lr", "0.001"),
        *("--map", "a=1,b=2", "--name", "two words", "--none", "", "--plain", "text"),
    ]


def test_the_script_sees_the_variables_of_the_toolkit(jobs: Jobs) -> None:
    data = jobs.put("examples/a", "a")
    channel = {"ChannelName": "examples", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": data}}}
    job, lines = run(
        jobs, {"train.py": SHOW}, "train.py", InputDataConfig=[channel], HyperParameters={"lr": "0.1", "on": "true"}
    )
    found = seen(lines)
    env = found["env"]
    wanted = {
        "SM_MODEL_DIR": "/opt/ml/model",
        "SM_INPUT_DIR": "/opt/ml/input",
        "SM_INPUT_CONFIG_DIR": "/opt/ml/input/config",
        "SM_OUTPUT_DIR": "/opt/ml/output",
        "SM_OUTPUT_DATA_DIR": "/opt/ml/output/data",
        "SM_CHANNEL_EXAMPLES": "/opt/ml/input/data/examples",
        "SM_CHANNELS": '["examples"]',
        "SM_HPS": '{"lr":0.1,"on":true}',
        "SM_HP_LR": "0.1",
        "SM_HP_ON": "true",
        "SM_USER_ARGS": '["--lr","0.1","--on","True"]',
        "SM_CURRENT_HOST": "algo-1",
        "SM_HOSTS": '["algo-1"]',
        "SM_NUM_GPUS": "0",
        "SM_LOG_LEVEL": "20",
        "SM_MODULE_NAME": "train",
        "SM_USER_ENTRY_POINT": "train.py",
        "SM_CURRENT_INSTANCE_TYPE": "ml.m5.large",
        "SM_NETWORK_INTERFACE_NAME": "eth0",
        "TRAINING_JOB_NAME": job["TrainingJobName"],
        "SAGEMAKER_REGION": "us-east-1",
    }
    assert {name: env.get(name) for name in wanted} == wanted
    assert int(env["SM_NUM_CPUS"]) >= 1
    assert env["SM_MODULE_DIR"].startswith("s3://")
    assert json.loads(env["SM_TRAINING_ENV"])["channel_input_dirs"] == {"examples": "/opt/ml/input/data/examples"}
    assert json.loads(env["SM_INPUT_DATA_CONFIG"])["examples"]["TrainingInputMode"] == "File"
    assert found["cwd"] == "/opt/ml/code"


def test_a_script_that_raises_fails_the_job_with_its_traceback_and_command(jobs: Jobs) -> None:
    script = "import sys\nprint('starts', flush=True)\ndef learn():\n    raise ValueError('no labels')\nlearn()\n"
    job, _ = run(jobs, {"train.py": script}, "train.py", HyperParameters={"epochs": "1"})
    reason = job["FailureReason"]
    assert reason.startswith(
        'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "Traceback (most recent'
    )
    assert "ValueError: no labels" in reason
    assert reason.endswith('"\nCommand "python train.py --epochs 1", exit code: 1')


def test_a_long_traceback_keeps_its_end(jobs: Jobs) -> None:
    script = f"raise ValueError({'x' * 4000!r} + 'the end')\n"
    job, _ = run(jobs, {"train.py": script}, "train.py")
    assert len(job["FailureReason"]) <= 1024
    assert "the end" in job["FailureReason"]


def test_a_shell_script_runs_with_the_same_arguments(jobs: Jobs) -> None:
    job, lines = run(jobs, {"train.sh": 'echo "got $1 $2 in $PWD"'}, "train.sh", HyperParameters={"text": '"a b; c"'})
    assert job["TrainingJobStatus"] == "Completed", job
    assert "got --text a b; c in /opt/ml/code" in lines


def test_a_source_brings_its_own_requirements_and_modules(jobs: Jobs) -> None:
    files = {
        "train.py": "import helper, tiny; print('VALUE', helper.value + tiny.value)",
        "helper.py": "value = 1",
        "requirements.txt": "./tiny\n",
        "tiny/pyproject.toml": '[project]\nname = "tiny-for-tests"\nversion = "1"\n'
        '[build-system]\nrequires = []\nbuild-backend = "build"\nbackend-path = ["."]\n',
        "tiny/build.py": TINY_BACKEND,
    }
    job, lines = run(jobs, files, "train.py")
    assert job["TrainingJobStatus"] == "Completed", lines
    assert "VALUE 42" in lines


def test_a_requirement_that_is_not_to_be_had_is_named(jobs: Jobs) -> None:
    files = {"train.py": "", "requirements.txt": "--no-index\nno-such-package-of-trainyard==1\n"}
    job, _ = run(jobs, files, "train.py")
    assert job["FailureReason"].startswith("AlgorithmError: InstallRequirementsError:")
    assert "no-such-package-of-trainyard==1" in job["FailureReason"]


def test_a_source_that_is_not_there_fails_the_job(jobs: Jobs) -> None:
    hyperparameters = {"sagemaker_submit_directory": json.dumps(jobs.uri("no/such/sourcedir.tar.gz"))}
    job, _ = run(jobs, {"train.py": ""}, "train.py", HyperParameters=hyperparameters)
    assert job["FailureReason"].startswith("AlgorithmError: framework error:")
    assert "no/such/sourcedir.tar.gz" in job["FailureReason"]


def test_a_program_that_is_not_in_the_source_fails_as_python_says(jobs: Jobs) -> None:
    job, _ = run(jobs, {"train.py": ""}, "other.py")
    assert "can't open file '/opt/ml/code/other.py'" in job["FailureReason"]
    assert "ExitCode 2" in job["FailureReason"]


@pytest.mark.parametrize("where", ["/opt/ml/input/data/code", "/opt/ml/input/data/code/sourcedir.tar.gz"])
def test_the_source_may_come_through_a_channel(jobs: Jobs, where: str) -> None:
    if where.endswith(".tar.gz"):
        prefix = jobs.source({"train.py": "print('from a channel')"})
    else:
        prefix = jobs.put("plain-code/train.py", "print('from a channel')").rpartition("/")[0] + "/"
    channel = {"ChannelName": "code", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": prefix}}}
    request = jobs.training_request(
        jobs.name(),
        "",
        InputDataConfig=[channel],
        Environment={"SAGEMAKER_PROGRAM": "train.py", "SAGEMAKER_SUBMIT_DIRECTORY": where},
    )
    request["AlgorithmSpecification"] = {"TrainingImage": PYTHON, "TrainingInputMode": "File"}
    jobs.sagemaker.create_training_job(**request)
    job = jobs.ended_training(request["TrainingJobName"])
    assert "from a channel" in jobs.lines(GROUP, job["TrainingJobName"])


#: A PEP 517 backend in a few lines, so that the test needs no index.
TINY_BACKEND = """
import zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "tiny_for_tests-1-py3-none-any.whl"
    info = "tiny_for_tests-1.dist-info"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        wheel.writestr("tiny.py", "value = 41")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: tiny-for-tests\\nVersion: 1\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return name
"""

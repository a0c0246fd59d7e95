"""What the services are told by their environment, and what of the user's is kept from them."""

import json
import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from trainyard.settings import Settings
from yard import environment
from yard.home import Home
from yard.ports import Ports

PORTS = Ports(1111, 2222, 3333)
OUTPUTS = {
    "BucketName": "bucket",
    "KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/k",
    "RedshiftRoleArn": "arn:aws:iam::123456789012:role/redshift",
    "EmrServiceRoleArn": "arn:aws:iam::123456789012:role/emr",
    "EmrInstanceProfile": "profile",
    "EmrServerlessRoleArn": "arn:aws:iam::123456789012:role/emr-serverless",
    "SparkApplicationId": "00f1r4qk7sv2mt01",
    "LandingQueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/trainyard-landing",
    "SageMakerTrainingRoleArn": "arn:aws:iam::123456789012:role/training",
    "SageMakerProcessingRoleArn": "arn:aws:iam::123456789012:role/processing",
    "SageMakerHostingRoleArn": "arn:aws:iam::123456789012:role/hosting",
    "AirflowPolicyArn": "arn:aws:iam::123456789012:policy/airflow",
    "AirflowReleasePolicyArn": "arn:aws:iam::123456789012:policy/airflow-release",
    "AirflowSweepPolicyArn": "arn:aws:iam::123456789012:policy/airflow-sweep",
    "WorkgroupName": "trainyard",
    "DatabaseName": "dev",
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "checkout", tmp_path)


def settings(home: Home, **inherited: str) -> dict[str, str]:
    return environment.airflow_settings(home, PORTS, inherited, schedule=False)


def test_a_real_account_of_the_user_is_out_of_reach(home: Home) -> None:
    users = {
        "AWS_PROFILE": "production",
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_SESSION_TOKEN": "real",
        "AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com",
        "PATH": "/bin",
    }
    found = settings(home, **users)
    assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1111"
    assert found["AWS_ACCESS_KEY_ID"] == "local"
    assert found["AWS_CONFIG_FILE"] == found["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"} & set(found)
    assert found["PATH"] == "/bin"


def test_another_airflow_of_the_user_is_left_alone(home: Home) -> None:
    found = settings(home, AIRFLOW_HOME="/home/me/airflow", AIRFLOW__CORE__DAGS_FOLDER="/home/me/dags")
    assert found["AIRFLOW_HOME"] == str(home.airflow)
    assert found["AIRFLOW__CORE__DAGS_FOLDER"] == str(home.root / "dags")


def test_a_setting_meant_for_our_airflow_reaches_it(home: Home) -> None:
    assert settings(home, TRAINYARD_AIRFLOW__CORE__PARALLELISM="3")["AIRFLOW__CORE__PARALLELISM"] == "3"


def test_dags_run_by_their_timetables_only_when_asked(home: Home) -> None:
    assert settings(home)["AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE"] == "False"
    scheduled = environment.airflow_settings(home, PORTS, {}, schedule=True)
    assert scheduled["AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE"] == "True"


def test_a_proxy_is_never_asked_for_what_is_on_this_machine(home: Home) -> None:
    assert settings(home, NO_PROXY="intranet")["NO_PROXY"] == "127.0.0.1,localhost,intranet"


def test_everything_listens_on_this_machine_alone(home: Home) -> None:
    assert settings(home)["AIRFLOW__API__HOST"] == "127.0.0.1"


def test_keys_are_made_once_and_are_the_users_alone(home: Home) -> None:
    first = environment.keys(home)
    assert environment.keys(home) == first
    assert stat.S_IMODE((home.state / "keys.json").stat().st_mode) == 0o600
    assert len(first["jwt"]) >= 80  # SHA-512 wants 64 bytes or more
    Fernet(first["fernet"])


def test_the_library_understands_the_variable_made_of_the_stacks_outputs() -> None:
    variable = environment.airflow_variable(OUTPUTS)["AIRFLOW_VAR_TRAINYARD"]
    understood = Settings.from_json(variable)
    assert understood.bucket == "bucket"
    assert understood.roles.hosting.endswith("role/hosting")
    assert understood.poll_seconds == json.loads(variable)["poll_seconds"]


def test_a_stack_without_a_needed_output_is_noticed() -> None:
    with pytest.raises(KeyError, match="KmsKeyArn"):
        environment.variable({name: value for name, value in OUTPUTS.items() if name != "KmsKeyArn"})

"""The environment variables of what we start: ours alone, with nothing of the user's AWS or Airflow in them."""

import json
import os
import secrets
from collections.abc import Mapping

from yard.home import Home, read_json, write_json
from yard.ports import Ports
from yard.processes import MARK

REGION = "us-east-1"
#: ``TRAINYARD_AIRFLOW__CORE__PARALLELISM=3`` reaches Airflow as ``AIRFLOW__CORE__PARALLELISM=3``. Bare ``AIRFLOW_*``
#: variables do not: on a developer's machine they usually belong to another Airflow.
_PASSED_ON = "TRAINYARD_AIRFLOW__"


def endpoint_url(ports: Ports) -> str:
    """Where local_aws answers."""
    return f"http://127.0.0.1:{ports.local_aws}"


def ui_url(ports: Ports) -> str:
    """Where the Airflow UI and its REST API are."""
    return f"http://127.0.0.1:{ports.airflow}"


def base(home: Home, inherited: Mapping[str, str]) -> dict[str, str]:
    """What every process of ours gets: the user's environment without profiles, keys and settings of other clouds."""
    kept = {name: value for name, value in inherited.items() if not name.startswith(("AWS_", "AIRFLOW", "_AIRFLOW"))}
    for name in ("NO_PROXY", "no_proxy"):
        kept[name] = ",".join(filter(None, ("127.0.0.1", "localhost", inherited.get(name))))
    return {
        **kept,
        MARK: str(home.state),
        "AWS_EC2_METADATA_DISABLED": "true",
        # A profile in ~/.aws may name a real account, or another endpoint for one service.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "PYTHONUNBUFFERED": "1",
        # Airflow's processes rename themselves; without this the new name overwrites the environment, and our mark.
        "SPT_NOENV": "1",
    }


def aws(ports: Ports) -> dict[str, str]:
    """The variables by which every AWS client finds local_aws and nothing else."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url(ports),
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
    }


def keys(home: Home) -> dict[str, str]:
    """The secrets of the local Airflow, made once, readable by the user alone.

    :raises OSError: on a full disk.
    """
    path = home.state / "keys.json"
    known = read_json(path)
    if known is None:
        known = {
            "jwt": secrets.token_urlsafe(72),
            "api": secrets.token_urlsafe(48),
            # What cryptography's Fernet wants: 32 bytes in URL-safe base64 with the padding.
            "fernet": secrets.token_urlsafe(32) + "=",
        }
        write_json(path, known, mode=0o600)
    return known


def airflow_settings(home: Home, ports: Ports, inherited: Mapping[str, str], schedule: bool) -> dict[str, str]:
    """The environment of every Airflow component, and of the ``airflow`` command.

    :param schedule: whether DAGs run by their timetables, too, or only when asked to.
    """
    passed_on = {
        name.removeprefix("TRAINYARD_"): value for name, value in inherited.items() if name.startswith(_PASSED_ON)
    }
    connection = {
        "conn_type": "aws",
        "login": "local",
        "password": "local",
        # Some hooks read the connection, some the environment: both say the same.
        "extra": {"region_name": REGION, "endpoint_url": endpoint_url(ports)},
    }
    return {
        **base(home, inherited),
        **aws(ports),
        **_settings(home, ports, schedule),
        "AIRFLOW_CONN_AWS_DEFAULT": json.dumps(connection),
        "PYTHONPATH": str(home.root),  # where hostname_callable is found
        **passed_on,
    }


def airflow_variable(outputs: Mapping[str, str]) -> dict[str, str]:
    """The Airflow variable ``trainyard`` as a variable of the environment.

    :param outputs: of the CloudFormation stack.
    :raises KeyError: when the stack lacks one.
    """
    return {"AIRFLOW_VAR_TRAINYARD": json.dumps(variable(outputs))}


def variable(outputs: Mapping[str, str]) -> dict[str, object]:
    """The Airflow variable ``trainyard``: where the stack put things, and how often to ask local jobs for their state.

    :param outputs: ``{"BucketName": ...}``, as CloudFormation gives them.
    :raises KeyError: when the stack lacks an output.
    """
    return {
        "region": REGION,
        "bucket": outputs["BucketName"],
        "kms_key": outputs["KmsKeyArn"],
        "roles": {
            "redshift": outputs["RedshiftRoleArn"],
            "emr_service": outputs["EmrServiceRoleArn"],
            "emr_ec2": outputs["EmrInstanceProfile"],
            "training": outputs["SageMakerTrainingRoleArn"],
            "processing": outputs["SageMakerProcessingRoleArn"],
            "hosting": outputs["SageMakerHostingRoleArn"],
        },
        "warehouse": {"workgroup": outputs["WorkgroupName"], "database": outputs["DatabaseName"]},
        "emr_serverless": {"application": outputs["SparkApplicationId"], "role": outputs["EmrServerlessRoleArn"]},
        "landing_queue": outputs["LandingQueueUrl"],
        "poll_seconds": 0.5,
    }


def _settings(home: Home, ports: Ports, schedule: bool) -> dict[str, str]:
    secret = keys(home)
    return {
        "AIRFLOW_HOME": str(home.airflow),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home.root / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(home.root / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        # Where schedules are off nothing runs unasked; where they were asked for, they shall run.
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTOR": "yard.executor.ResumingLocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "12",
        "AIRFLOW__CORE__FERNET_KEY": secret["fernet"],
        # One user, on 127.0.0.1: no login page.
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{ui_url(ports)}/execution/",
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "yard.hostname.loopback",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(ports.airflow),
        "AIRFLOW__API__BASE_URL": ui_url(ports),
        "AIRFLOW__API__SECRET_KEY": secret["api"],
        "AIRFLOW__API__EXPOSE_CONFIG": "False",
        "AIRFLOW__API_AUTH__JWT_SECRET": secret["jwt"],
        # The default of 1 s adds 0.6 s to every step.
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
        "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": str(schedule),
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
        "AIRFLOW__STATE_STORE__CLEAR_ON_SUCCESS": "True",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home.airflow / "logs"),
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(ports.logs),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(ports.logs),
    }

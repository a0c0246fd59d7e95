"""docker-compose.yaml without Docker: well formed, complete, closed to the network, and free of secrets."""

import re
import shlex
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra import compose_env

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
AIRFLOW = ["api-server", "scheduler", "dag-processor", "triggerer"]
ONCE = ["setup", "airflow-init"]

#: What the Compose specification knows, as far as we use it.
TOP_LEVEL = {"name", "services", "volumes"}
SERVICE_KEYS = {
    "build", "command", "depends_on", "environment", "healthcheck", "image", "init", "ports", "restart",
    "stop_grace_period", "volumes",
}  # fmt: skip
HEALTHCHECK_KEYS = {"test", "interval", "timeout", "retries", "start_period"}
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}
#: Variables that need no value from ``.env``.
DEFAULTED = re.compile(r"\$\{(\w+):-([^}]*)\}")
REQUIRED = re.compile(r"\$\{(\w+):\?[^}]+\}")


def test_only_words_that_compose_knows_are_used() -> None:
    assert {key for key in COMPOSE if not key.startswith("x-")} == TOP_LEVEL
    for name, service in SERVICES.items():
        assert set(service) <= SERVICE_KEYS, name
        assert set(service.get("healthcheck", {})) <= HEALTHCHECK_KEYS, name


def test_a_service_is_named_as_a_host_may_be() -> None:
    # botocore refuses http://local_aws:4566: a host name has no underscore.
    assert all(re.fullmatch(r"[a-z][a-z0-9-]*", name) for name in SERVICES)


def test_all_parts_are_there() -> None:
    assert set(SERVICES) == {*AIRFLOW, *ONCE, "postgres", "local-aws"}


def test_what_runs_on_says_whether_it_is_healthy() -> None:
    for name in set(SERVICES) - set(ONCE):
        check = SERVICES[name]["healthcheck"]
        assert check["test"][0] in {"CMD", "CMD-SHELL"}, name
        assert check["retries"] > 0, name
        assert SERVICES[name]["restart"] == "unless-stopped", name


def test_services_wait_for_what_can_come_to_pass() -> None:
    for name, service in SERVICES.items():
        for target, how in service.get("depends_on", {}).items():
            assert target in SERVICES, name
            assert how["condition"] in CONDITIONS, name
            if how["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[target], f"{name} would wait for {target} for ever"
            if how["condition"] == "service_completed_successfully":
                assert target in ONCE, f"{name} would wait for {target} for ever"


def test_services_do_not_wait_for_each_other() -> None:
    def before(name: str, path: tuple[str, ...] = ()) -> None:
        assert name not in path, " -> ".join((*path, name))
        for target in SERVICES[name].get("depends_on", {}):
            before(target, (*path, name))

    for name in SERVICES:
        before(name)


def test_airflow_starts_after_its_tables_and_its_variable() -> None:
    for name in AIRFLOW:
        assert SERVICES[name]["depends_on"]["airflow-init"] == {"condition": "service_completed_successfully"}
    assert SERVICES["airflow-init"]["depends_on"]["setup"] == {"condition": "service_completed_successfully"}


def test_ports_are_open_to_this_machine_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert sorted(ports) == ["127.0.0.1:4566:4566", "127.0.0.1:8080:8080"]


def test_mounted_folders_exist_and_are_not_written_to() -> None:
    for name, service in SERVICES.items():
        for source, target, *mode in (volume.split(":") for volume in service.get("volumes", [])):
            if source.startswith("."):
                assert (ROOT / source).is_dir(), name
                assert mode == ["ro"], f"{name}: {target}"
            else:
                assert source in COMPOSE["volumes"], name


def test_all_of_airflow_shares_one_environment_and_its_logs() -> None:
    for name in [*AIRFLOW, "airflow-init"]:
        assert SERVICES[name]["environment"] == COMPOSE["x-airflow"]["environment"], name
    assert all("airflow-logs:/opt/airflow/logs" in SERVICES[name]["volumes"] for name in AIRFLOW)


@pytest.mark.parametrize(
    "name",
    [
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL",
        "AIRFLOW__CORE__FERNET_KEY",
        "AIRFLOW__API_AUTH__JWT_SECRET",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
        "AIRFLOW__STATE_STORE__CLEAR_ON_SUCCESS",
        "AIRFLOW_CONN_AWS_DEFAULT",
        "AWS_ENDPOINT_URL",
    ],
)
def test_airflow_is_told(name: str) -> None:
    assert COMPOSE["x-airflow"]["environment"][name]


def test_addresses_inside_name_services_and_their_ports() -> None:
    inside = [url for url in re.findall(r"http://([\w.-]+):\d+", TEXT) if url != "127.0.0.1"]
    assert set(inside) == {"api-server", "local-aws"}


def test_no_secret_stands_in_the_file() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|FERNET|_KEY$|KEY_ID$|SQL_ALCHEMY_CONN", name):
                assert REQUIRED.search(value) or DEFAULTED.fullmatch(value), f"{name} is written out"
    defaults = dict(DEFAULTED.findall(TEXT))
    assert defaults == {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}  # which open nothing


def test_the_generated_secrets_are_those_that_are_asked_for(tmp_path: Path) -> None:
    target = tmp_path / ".env"
    assert compose_env.main(target) == 0
    written = dict(line.split("=", 1) for line in target.read_text().splitlines())
    assert set(written) == set(REQUIRED.findall(TEXT))
    assert all(len(value) > 40 for value in written.values())
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_secrets_that_are_there_are_kept(tmp_path: Path) -> None:
    target = tmp_path / ".env"
    target.write_text("POSTGRES_PASSWORD=mine\n")
    assert compose_env.main(target) == 1
    assert target.read_text() == "POSTGRES_PASSWORD=mine\n"


def test_images_are_built_from_the_locks() -> None:
    for name, lock in {"airflow": "requirements-airflow.txt", "local_aws": "requirements.txt"}.items():
        file = (ROOT / "docker" / f"{name}.Dockerfile").read_text(encoding="utf-8")
        copied = [shlex.split(line)[1] for line in file.splitlines() if line.startswith("COPY")]
        assert copied == [lock]
        assert (ROOT / lock).is_file()
        assert f"-r /{lock}" in file


def test_images_are_pinned_and_airflows_is_the_version_of_the_lock() -> None:
    locked = (ROOT / "requirements-airflow.txt").read_text(encoding="utf-8")
    (version,) = re.findall(r"^apache-airflow==([\d.]+)", locked, re.MULTILINE)
    airflow = (ROOT / "docker" / "airflow.Dockerfile").read_text(encoding="utf-8")
    assert f"FROM apache/airflow:{version}-python3.11" in airflow
    assert COMPOSE["x-airflow"]["image"].endswith(f":{version}")
    assert re.fullmatch(r"postgres:\d+", SERVICES["postgres"]["image"])


def test_the_executor_is_mounted_where_airflow_looks() -> None:
    environment = COMPOSE["x-airflow"]["environment"]
    module = environment["AIRFLOW__CORE__EXECUTOR"].rpartition(".")[0]
    assert (ROOT / f"{module.replace('.', '/')}.py").is_file()
    package = module.partition(".")[0]
    assert f"./{package}:{environment['PYTHONPATH']}/{package}:ro" in COMPOSE["x-airflow"]["volumes"]

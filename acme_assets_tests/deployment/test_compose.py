"""compose.yaml: the rules that every container keeps, read from what the real Compose makes of the file."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from acme_assets_tests.support.composed import EXAMPLE, PROJECT, SECRETS, Service, compose, filled, services_of

ONE_SHOTS = {"lake-volume", "bucket", "migrate"}
SERVERS = {"postgres", "valkey", "store", "code", "webserver", "viewers", "daemon", "questions"}


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Service]:
    return services_of(filled(tmp_path_factory.mktemp("compose")))


@pytest.fixture(params=sorted(ONE_SHOTS | SERVERS))
def service(services: dict[str, Service], request: pytest.FixtureRequest) -> Service:
    return services[request.param]


@pytest.fixture(params=sorted(SERVERS))
def server(services: dict[str, Service], request: pytest.FixtureRequest) -> Service:
    return services[request.param]


def test_every_service_is_one_of_these(services: dict[str, Service]) -> None:
    assert set(services) == ONE_SHOTS | SERVERS


@pytest.mark.parametrize("name", SECRETS)
def test_nothing_starts_while_a_secret_is_missing_and_the_message_names_it(name: str, tmp_path: Path) -> None:
    all_but_one = filled(tmp_path, lambda secret: secret.lower().replace(name.lower(), ""))
    refused = compose(all_but_one, "--quiet")
    assert refused.returncode == 1
    assert f"required variable {name} is missing a value: is missing, see .env.example" in refused.stderr


def test_the_example_holds_every_variable_its_default_and_no_secret() -> None:
    """What may stay empty has an empty default."""
    used = re.findall(r"\$\{([A-Z_]+):([-?])([^}]*)\}", (PROJECT / "compose.yaml").read_text())
    settings = dict(re.findall(r"^#([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))
    assert {name for name, kind, _ in used if kind == "?"} == set(SECRETS)
    assert {name: default for name, kind, default in used if kind == "-"} == settings


def test_the_code_knows_the_operational_database_and_the_mail_server(tmp_path: Path) -> None:
    env = filled(tmp_path)
    given = {
        "ACME_SOURCE_FINANCE_URL": "postgresql://a/b",
        "ACME_SOURCE_FINANCE_CAPTURE": "acme",
        "ACME_OPERATIONS_URL": "postgresql://a/b",
        "ACME_OPERATIONS_CAPTURE": "acme",
        "ACME_SMTP_URL": "smtp://c",
        "ACME_ALERT_TO": "d@e.f",
    }
    env.write_text(env.read_text() + "".join(f"{name}={value}\n" for name, value in given.items()))
    assert services_of(env)["code"]["environment"].items() >= given.items()


def test_it_runs_without_root(service: Service) -> None:
    assert service["user"] in {"10001:10001", "postgres", "valkey"}


def test_it_has_no_capability_and_gains_none(service: Service) -> None:
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert not service.get("privileged")
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_it_writes_to_its_volume_and_to_memory_only(service: Service) -> None:
    assert service["read_only"]
    assert "/tmp" in [mount.partition(":")[0] for mount in service["tmpfs"]]  # noqa: S108  # a mount, not a file of ours
    assert all(mount["type"] == "volume" or mount["read_only"] for mount in service.get("volumes") or [])


def test_it_cannot_take_the_machine_with_it(service: Service) -> None:
    assert 0 < int(service["mem_limit"]) <= 3 << 30
    assert 0 < service["pids_limit"] <= 512


def test_its_log_is_rotated(service: Service) -> None:
    assert {"max-size", "max-file"} <= set(service["logging"]["options"])


def test_its_image_is_pinned(service: Service) -> None:
    version = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
    if "build" in service:
        assert service["image"] == f"acme-assets:{version}"
    else:
        assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+[a-z0-9.\-]*@sha256:[0-9a-f]{64}", service["image"])


def test_its_ports_are_open_to_this_machine_only(service: Service) -> None:
    assert all(port["host_ip"] == "127.0.0.1" for port in service.get("ports", []))


def test_no_password_stands_on_its_command_line(service: Service) -> None:
    words = json.dumps([service.get(part) for part in ("entrypoint", "command", "healthcheck")])
    assert not [name for name in SECRETS if name.lower() in words]


def test_a_server_says_whether_it_is_healthy_and_comes_back(server: Service) -> None:
    assert server["restart"] == "unless-stopped"
    assert server["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}


@pytest.fixture(scope="module")
def waits(services: dict[str, Service]) -> set[tuple[str, str]]:
    """What somebody waits for, and until when."""
    return {
        (name, wait["condition"])
        for service in services.values()
        for name, wait in (service.get("depends_on") or {}).items()
    }


@pytest.mark.parametrize("name", sorted(ONE_SHOTS))
def test_a_one_shot_ends_and_somebody_waits_for_its_end(
    services: dict[str, Service], waits: set[tuple[str, str]], name: str
) -> None:
    assert services[name]["restart"] == "no"
    assert {until for waited, until in waits if waited == name} == {"service_completed_successfully"}


@pytest.mark.parametrize("name", ["postgres", "valkey", "store", "code"])
def test_a_server_is_waited_for_until_it_is_healthy(waits: set[tuple[str, str]], name: str) -> None:
    assert {until for waited, until in waits if waited == name} == {"service_healthy"}


def test_the_code_location_is_reachable_from_containers_only(services: dict[str, Service]) -> None:
    assert "ports" not in services["code"]


def test_there_is_one_daemon_and_it_cannot_be_scaled(services: dict[str, Service]) -> None:
    daemons = [daemon for daemon in services.values() if (daemon.get("command") or [""])[0] == "dagster-daemon"]
    assert [daemon["container_name"] for daemon in daemons] == ["acme-daemon"]


def test_viewers_get_the_same_ui_read_only_and_only_when_asked_for(services: dict[str, Service]) -> None:
    assert services["viewers"]["command"] == [*services["webserver"]["command"], "--read-only"]
    assert services["viewers"]["profiles"] == ["viewers"]


@pytest.mark.parametrize("name", ["webserver", "viewers", "daemon"])
def test_the_ui_and_the_daemon_know_no_password_but_that_of_dagsters_storage(
    services: dict[str, Service], name: str
) -> None:
    environment = json.dumps(services[name]["environment"])
    assert [secret for secret in SECRETS if secret.lower() in environment] == ["DAGSTER_PASSWORD"]


def test_the_questions_know_the_reader_of_the_warehouse_and_nobody_else(services: dict[str, Service]) -> None:
    """Of no owner, no store, no cache; and they keep nothing."""
    environment = json.dumps(services["questions"]["environment"])
    assert [secret for secret in SECRETS if secret.lower() in environment] == ["READER_PASSWORD"]
    assert "ACME_WAREHOUSE_URL" not in environment
    assert not services["questions"].get("volumes")


def test_whoever_migrates_knows_whom_to_let_read(services: dict[str, Service]) -> None:
    reader = services["questions"]["environment"]["ACME_SERVE_URL"]
    assert services["migrate"]["environment"]["ACME_SERVE_URL"] == reader
    assert "ACME_SERVE_URL" not in services["code"]["environment"]


def test_the_webserver_and_the_daemon_look_for_the_code_where_it_listens(services: dict[str, Service]) -> None:
    (location,) = yaml.safe_load((PROJECT / "deploy/workspace.yaml").read_text())["load_from"]
    command = services["code"]["command"]
    assert location["grpc_server"]["host"] == "code"
    assert str(location["grpc_server"]["port"]) == command[command.index("--port") + 1]


def test_the_code_has_the_same_name_as_on_a_developers_machine() -> None:
    (there,) = yaml.safe_load((PROJECT / "deploy/workspace.yaml").read_text())["load_from"]
    (here,) = yaml.safe_load((PROJECT / "workspace.yaml").read_text())["load_from"]
    assert there["grpc_server"]["location_name"] == here["python_module"]


@pytest.mark.slow
def test_the_bucket_is_made_once_and_then_left_alone(services: dict[str, Service], s3: str) -> None:
    bucket = services["bucket"]
    environment = {**os.environ, **bucket["environment"], "AWS_ENDPOINT_URL": s3}
    for _ in range(2):
        made = subprocess.run(
            [sys.executable, *bucket["command"][1:]],
            cwd=PROJECT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.stdout == "the bucket lake is there\n", made.stderr

"""`acme up` as a person uses it: a file in the lake becomes an answer, and whatever is killed, nothing is left behind.

Each test here takes seconds, because Dagster does; one platform serves those that leave it running.
"""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis

from acme_assets_tests.embedded.homes import ask, command_lines, until
from acme_assets_tests.support.days import deliver, waits_for_a_lock
from acme_assets_tests.support.up import ACME, Up, environment, red, start
from acme_platform.deployment.processes import LONGEST_LOG, Processes, free_port
from acme_platform.embedded import release, stop
from acme_platform.errors import TryAgain
from acme_platform.services import Services
from acme_platform.triggers.sensors import INTERVAL_SECONDS
from acme_platform.warehouse.connection import lock

#: all that Dagster's database says of events, runs and ticks
RECORDED = (
    "select string_agg(event, '') from event_logs",
    "select string_agg(run_body, '') from runs",
    "select string_agg(tick_body, '') from job_ticks",
)
#: what the page of an asset sends, with a day of the sender's
LAUNCH = """mutation ($tags: [ExecutionTag!]) { launchRun(executionParams: {
    selector: {repositoryLocationName: "acme_assets", repositoryName: "__repository__", jobName: "__ASSET_JOB",
        assetSelection: [{path: ["raw", "sales_orders"]}], assetCheckSelection: []},
    runConfigData: {}, executionMetadata: {tags: $tags}}) {
        __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
FAILED = """query ($run: ID!) { logsForRun(runId: $run) { ... on EventConnection { events {
    ... on ExecutionStepFailureEvent { error { message cause { message } } } } } } }"""
STATUS = "query ($run: ID!) { runOrError(runId: $run) { ... on Run { status } } }"
#: the answer that the first day gives
FIRST_ANSWER = {"users_counts": "1", "order_amount": "30.00"}
UNFINISHED = "select count(*) from runs where status not in ('SUCCESS', 'FAILURE', 'CANCELED')"


def listens(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    running = start(tmp_path_factory.mktemp("up") / "home", questions=free_port())
    yield running
    running.process.kill()
    running.process.wait()
    stop(running.settings)


@pytest.fixture(scope="module")
def services(up: Up) -> Services:
    return Services(up.settings)


@pytest.fixture(scope="module")
def answered(services: Services) -> float:
    """The first day's file was dropped into the lake and its answer is in Redis; so many seconds lay between them."""
    deliver(services, 1, orders=3)
    dropped = time.monotonic()
    until(lambda: services.open_redis().hgetall("country:USA") == FIRST_ANSWER, 90)
    return time.monotonic() - dropped


def test_a_file_dropped_into_the_lake_is_in_redis_within_two_sensor_intervals(up: Up, answered: float) -> None:
    """And the time that a file settles and a run takes, on a machine that does something else as well."""
    assert answered < 2 * INTERVAL_SECONDS + 30
    assert up.process.poll() is None


def test_the_ui_listens_on_this_machine_only(up: Up) -> None:
    """On 127.0.0.1 and on nothing else, not even on the other loopback addresses that 0.0.0.0 would take."""
    assert listens("127.0.0.1", up.port)
    assert not listens("127.0.0.2", up.port)


@pytest.mark.slow
@pytest.mark.usefixtures("answered")
def test_a_launch_of_a_day_that_is_none_is_refused_by_name_where_days_are_filled(up: Up, services: Services) -> None:
    """GraphQL takes any tag, of a day before the first one and of one to come; such a run fills and leaves nothing."""
    days = ("2023-12-31", "2030-01-01")
    started = [up.ask(LAUNCH, tags=[{"key": "dagster/partition", "value": day}]) for day in days]
    assert [one["__typename"] for one in started] == ["LaunchRunSuccess"] * 2, started
    for one, day_of_none in zip(started, days, strict=True):
        run_id = one["run"]["runId"]
        until(lambda: up.ask(STATUS, run=run_id)["status"] == "FAILURE", 120)  # noqa: B023  # asked at once
        said = json.dumps(up.ask(FAILED, run=run_id))
        assert f"raw.sales_orders of {day_of_none} is not filled: it" in said
        assert f"acme wipe --days {day_of_none}" in said
    with services.open_warehouse().transaction("test") as cursor:
        cursor.execute("select count(*) from ledger.builds where not day between '2024-01-01' and current_date")
        assert cursor.fetchall() == [(0,)]
    assert services.open_redis().hgetall("country:USA") == FIRST_ANSWER


@pytest.mark.usefixtures("answered")
def test_no_password_is_said_logged_recorded_or_shown(up: Up, services: Services) -> None:
    """Looked for where people look, after a run: output, logs, process lists, Dagster's database, its pages."""
    addresses = services.attach()
    passwords = {str(urlsplit(url).password) for url in (addresses.dagster_url, addresses.redis_url)}
    logs = [
        path.read_text(errors="replace") for path in up.home.glob("**/*.*") if path.suffix in (".log", ".err", ".out")
    ]
    pages = [up.page("/"), up.page("/server_info"), up.page("/graphql?query=%7Binstance%7Binfo%7D%7D")]
    recorded = [str(ask(addresses.dagster_url, question)) for question in RECORDED]
    seen = "\n".join([up.said(), *logs, *command_lines().values(), *pages, *recorded])

    assert [word for word in ("sales_orders", "sales_arrivals", "postgres", "valkey-server") if word not in seen] == []
    assert [password for password in passwords if password in seen] == []


def test_a_killed_daemon_is_started_again(up: Up) -> None:
    (killed,) = up.processes("dagster-daemon run")
    os.kill(killed, signal.SIGKILL)

    until(lambda: up.processes("dagster-daemon run") not in ([], [killed]), 10)
    assert "the daemon ended by itself and is started again" in (up.home / "said").read_text()


@pytest.mark.usefixtures("answered")
def test_questions_are_answered_beside_it_and_again_when_that_was_killed(up: Up) -> None:
    address = f"http://127.0.0.1:{up.questions}"
    assert f"questions are answered at {address}\n" in up.said()
    assert amount(address) == "30.00"
    (killed,) = up.processes("acme serve")
    os.kill(killed, signal.SIGKILL)

    until(lambda: "the questions ended by itself and is started again" in up.said(), 10)
    until(lambda: listens("127.0.0.1", up.questions), 20)
    assert amount(address) == "30.00"


def amount(address: str) -> str:
    with urllib.request.urlopen(f"{address}/api/questions/sales_by_country", timeout=30) as reply:  # noqa: S310  # ours
        amounts = {row["country"]: row["order_amount"] for row in json.load(reply)["rows"]}
    return str(amounts["USA"])


def test_what_runs_beside_dagster_and_ends_again_and_again_is_left_alone(tmp_path: Path) -> None:
    """Nobody's tables wait for questions in the browser."""
    told: list[str] = []
    beside = {"questions": ["python", "-c", "raise SystemExit(1)"]}
    processes = Processes({}, 0, tmp_path, beside, told.append)
    processes._commands = beside
    processes._spawn("questions")
    while not told or "left alone" not in told[-1]:
        time.sleep(0.01)
        processes._revive()
    assert told[-1] == f"the questions ended 6 times in a row and is left alone; see {tmp_path / 'questions.log'}"


@pytest.mark.usefixtures("answered")
def test_a_run_that_ended_is_said(up: Up) -> None:
    until(lambda: "sales 2024-01-01: done in " in (up.home / "said").read_text())


@pytest.mark.slow
def test_a_code_server_that_lost_the_process_that_holds_the_code_gets_another_one(up: Up) -> None:
    """The largest process of all, and so the first that the kernel kills; its parent would go on without it."""
    (killed,) = up.processes("dagster api grpc")
    os.kill(killed, signal.SIGKILL)

    until(lambda: len(up.processes("dagster api grpc")) == 1 and up.processes("dagster api grpc") != [killed], 60)


@pytest.mark.slow
def test_a_log_that_grew_long_is_set_aside_while_its_process_goes_on_writing(up: Up) -> None:
    log = up.home / "logs" / "daemon.log"
    os.truncate(log, LONGEST_LOG + 1)
    until(lambda: log.with_suffix(".old").exists() and 0 < log.stat().st_size < LONGEST_LOG)


def test_killed_servers_are_started_again_at_their_addresses(up: Up, services: Services) -> None:
    """With their keepers, which would start them again otherwise; nobody else types a command meanwhile."""
    keepers = up.processes("keeper_main")
    for pid in keepers:
        os.kill(pid, signal.SIGKILL)

    until(lambda: len(up.processes("keeper_main")) == 2 and not set(keepers) & set(up.processes("keeper_main")), 30)
    until(lambda: answers(services), 30)


def answers(services: Services) -> bool:
    try:
        with services.open_warehouse().transaction("test") as cursor:
            cursor.execute("select 1")
        return bool(services.open_redis().ping())
    except (TryAgain, redis.RedisError):
        return False


@pytest.mark.slow
def test_a_taken_port_is_named_with_a_free_one_and_disturbs_nobody(up: Up) -> None:
    second = subprocess.run(
        [ACME, "up", "--port", str(up.port)], env=environment(up.home), capture_output=True, text=True, check=False
    )

    assert second.returncode == 2
    assert f"port {up.port} of 127.0.0.1 is taken" in second.stderr
    assert "acme up --port" in second.stderr
    assert listens("127.0.0.1", up.port)


@pytest.mark.slow
@pytest.mark.usefixtures("answered")
def test_a_killed_platform_takes_dagster_with_it(up: Up) -> None:
    up.process.kill()
    up.process.wait()

    until(lambda: not up.processes("dagster"), 60)


@pytest.mark.slow
def test_ctrl_c_leaves_no_process_not_even_a_run_that_waits_and_the_data_stays(up: Up, services: Services) -> None:
    """The platform that was killed starts again, here in the background of a shell, which makes it ignore SIGINT."""
    deliver(services, 2)
    with services.open_warehouse().transaction("test") as cursor:
        lock(cursor, "staging.sales_orders")
        again = start(up.home, "sh", "-c", 'trap "" INT; exec "$@"', "sh", questions=up.questions)
        until(lambda: waits_for_a_lock(services), 60)
        assert services.open_redis().hget("country:USA", "order_amount") == "30.00"
        again.process.send_signal(signal.SIGINT)
        until(lambda: not again.processes("dagster"), 30)
    services.open_warehouse().close()
    release(up.settings)

    assert again.process.wait(30) == 0
    assert again.processes("") == []
    assert not listens("127.0.0.1", again.port)
    assert not listens("127.0.0.1", again.questions)
    assert again.said().splitlines()[-2:] == ["stopping", f"stopped; the data stays below {up.home}"]
    assert red(up.home) == []
    # the doctor had the servers started, and they stay for a minute
    assert ask(services.attach().dagster_url, UNFINISHED) == 0


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_whatever_ended_it_nothing_is_red_once_it_runs_again(up: Up, how: signal.Signals) -> None:
    """Right behind its start, amid the first looks of all sensors; and after a stop not even before that."""
    again = start(up.home)
    again.process.send_signal(how)
    again.process.send_signal(how)
    again.process.wait(60)
    until(lambda: not again.processes("dagster"), 60)
    if how is signal.SIGKILL:
        again = start(up.home)
        until(lambda: red(up.home) == [], 120)
        again.process.terminate()
    assert again.process.wait(60) == 0
    assert red(up.home) == []

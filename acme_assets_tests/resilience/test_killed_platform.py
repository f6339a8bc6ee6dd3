"""`acme up` whose processes are killed one after the other, while files arrive and a reader looks.

Takes minutes, so it is slow; `test_processes.py` kills each of them once.
"""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from acme_assets.servers import stop
from acme_assets.services import Services
from acme_assets_tests.resilience.generations import DAYS, Deliveries, reading
from acme_assets_tests.servers.homes import until
from acme_assets_tests.test_processes import ACME, Up, answers, environment, start

#: what a process is -> words of its command line
VICTIMS = {
    "daemon": "dagster-daemon run",
    "code server": "dagster code-server start",
    "worker": "api execute_run",
    "keeper": "keeper_main",
    "postgresql": "/bin/postgres -D",
    "valkey": "valkey-server",
}
#: seconds until another one is killed
PAUSE = (0.3, 1.5)
#: seconds in which everything that was killed has come back, and what was delivered last is in Redis
HEALING = 240


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    running = start(tmp_path / "home")
    yield running
    running.process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        running.process.wait(60)
    running.process.kill()
    stop(running.settings)


@pytest.mark.slow
@pytest.mark.parametrize("kills", [3])
def test_a_platform_whose_processes_are_killed_heals_by_itself(up: Up, kills: int) -> None:
    """Each kind so many times, in whatever order, also while others are still coming back."""
    services = Services(up.settings)
    deliveries, chosen, killed = Deliveries(services), random.Random(20240101), Counter[str]()  # noqa: S311
    for number in DAYS:
        deliveries.deliver(number, number)
    until(lambda: heals(deliveries), HEALING)
    generation = max(DAYS)
    with reading(up.settings) as reader:
        while any(killed[victim] < kills for victim in VICTIMS):
            assert up.process.poll() is None, up.said()
            generation += 1
            if generation % 4 == 0:
                deliveries.deliver(chosen.choice(DAYS), generation)
            for victim in there(up, [one for one in VICTIMS if killed[one] < kills], chosen):
                killed[victim] += 1
            time.sleep(chosen.uniform(*PAUSE))
        for number in DAYS:
            deliveries.deliver(number, generation + number)
        until(lambda: heals(deliveries), HEALING)
    assert reader.mixtures == []
    assert reader.looks > sum(killed.values())
    assert len(reader.seen) > len(DAYS), "nothing arrived meanwhile"
    until(lambda: doctor(up) == 0, HEALING)


def there(up: Up, kinds: list[str], chosen: random.Random) -> Iterator[str]:
    """Kill one process of one kind; a worker whenever there is one, since there seldom is."""
    running = {kind: up.processes(VICTIMS[kind]) for kind in kinds}
    found = [kind for kind, pids in running.items() if pids]
    if found:
        kind = "worker" if "worker" in found else chosen.choice(found)
        with suppress(ProcessLookupError):
            os.kill(chosen.choice(running[kind]), signal.SIGKILL)
            yield kind


def heals(deliveries: Deliveries) -> bool:
    """Whether everything is there; servers that are coming back have nothing."""
    if not answers(deliveries.services):
        return False
    try:
        return deliveries.found() == deliveries.truth()
    except Exception:  # noqa: BLE001  # a table that is not there yet, a server that went again
        return False


def doctor(up: Up) -> int:
    return subprocess.run([ACME, "doctor"], env=environment(up.home), capture_output=True, check=False).returncode

"""Reading operational databases that go down or are replicas: servers of the tests' own, which really do."""

import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from acme_assets_tests.support.logical import Logical, Standby
from acme_assets_tests.support.origin import Origin, operational
from acme_assets_tests.support.pipeline import day
from acme_platform.day import today
from acme_platform.errors import TryAgain
from acme_platform.ingest.database.copy_pipe import Pipe
from acme_platform.services import Services

ROWS = 300_000


@pytest.fixture
def origin(logical: Logical, services: Services) -> Iterator[Origin]:
    with operational(logical.url, services) as made:
        yield made


@pytest.mark.slow
@pytest.mark.parametrize("how", ["SIGINT", "SIGQUIT"], ids=["in order", "as by a crash"])
def test_a_source_that_restarts_in_the_middle_of_a_table_is_tried_again(
    origin: Origin, logical: Logical, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """What came of the table is forgotten, and the next attempt brings every row once."""
    origin.run(
        "insert into operations.orders (order_id, customer_id, status, updated_at)"  # noqa: S608
        f" select n, n, 'PENDING', '2024-01-01' from generate_series(1, {ROWS}) as n"
    )
    read = Pipe.read

    def restarting(self: Pipe, size: int, /) -> bytes:
        before, read_now = self.size, read(self, size)
        if before < 1 << 20 <= self.size:
            logical.restart(how=signal.Signals[how])
        return read_now

    with monkeypatch.context() as patched:
        patched.setattr(Pipe, "read", restarting)
        with pytest.raises(TryAgain, match="was not ready") as refused:
            origin.extract(day(1), "run 1")
    assert logical.password not in str(refused.value)
    assert origin.ask("select file from ledger.deliveries where state = 'visible'") == []

    assert origin.extract(day(1), "run 2").rows == ROWS
    assert origin.ask("select count(distinct order_id)::int as n from raw.operations_orders") == [{"n": ROWS}]


@pytest.mark.slow
def test_a_replica_is_read_as_its_primary_would_be(origin: Origin, logical: Logical, tmp_path: Path) -> None:
    """It knows nothing of the transactions that are open there, and a row of one that commits later comes too."""
    standby = Standby(tmp_path / "standby", logical)
    standby.start()
    try:
        primary = origin.url
        origin.reads(primary.replace(f":{logical.port}/", f":{standby.port}/"))
        origin.run("insert into operations.orders (order_id, status) values (1, 'PENDING')")
        with closing(psycopg2.connect(primary)) as late, late.cursor() as cursor:
            cursor.execute("insert into operations.orders (order_id, status) values (2, 'PENDING')")
            origin.run("insert into operations.orders (order_id, status) values (3, 'PENDING')")
            standby.follow()
            assert origin.extract(today(), "run 1").new == 2
            pulse = origin.source.pulse({"operations.orders": "updated_at"})
            late.commit()
        standby.follow()
        assert origin.source.pulse({"operations.orders": "updated_at"}) != pulse
        assert origin.extract(today(), "run 2").new == 1
        assert origin.extract(today(), "run 3").new == 0
    finally:
        standby.stop()

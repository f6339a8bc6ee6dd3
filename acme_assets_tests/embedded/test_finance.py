"""The embedded operational database: who may do what in it, what fills it, and what its reader sees."""

import os
import random
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psycopg2
import pytest

from acme_assets.company import FINANCE
from acme_assets.sample import operations
from acme_assets.sample.trickle import step
from acme_assets_tests.support.as_account import as_account
from acme_platform.config.settings import Settings
from acme_platform.day import parse_days, today
from acme_platform.embedded import StandInAddresses, attach, reader_url, stand_in, stop
from acme_platform.embedded.bootstrap import bootstrap
from acme_platform.embedded.keeping.place import Place
from acme_platform.embedded.postgresql import POSTGRESQL
from acme_platform.errors import AcmeError, MendInput
from acme_platform.ingest.database.source import Source
from acme_platform.model.company import StandIn
from acme_platform.monitoring.doctor.finding import Level
from acme_platform.monitoring.doctor.origin import sources
from acme_platform.monitoring.doctor.patient import Patient
from acme_platform.services import Services
from acme_platform.warehouse.connection import Warehouse, rows

MADE_BEFORE = """\
create role acme login createdb
create role finance login
create role finance_reader login in role pg_read_all_stats
alter role finance_reader set default_transaction_read_only = on
create database warehouse
create database dagster
create database finance_db
set exit_on_error = on
alter database warehouse owner to acme
alter database dagster owner to acme
alter database finance_db owner to finance
"""
TWO = """
from pathlib import Path
from acme_platform.model.company import Company, DeclaredSource, StandIn

def declared(name):
    plays = StandIn(f"{name}_db", f"{name}_owner", f"{name}_reader", prepare="two_sources:prepare")
    return DeclaredSource(name, stand_in=plays)

def prepare(owner):
    with owner.transaction("prepare") as at:
        at.execute("create table if not exists things as select 1 as n; grant select on things to public")

COMPANY = Company("two_sources", "two_sources", Path("sql"), sources=(declared("north"), declared("south")))
"""
#: prepared twice, as two commands would
LOOK = """
from acme_platform.config.settings import Settings
from acme_platform.services import Services

for services in (Services(Settings.from_env()), Services(Settings.from_env())):
    for name in ("north", "south"):
        services.prepare_stand_in(name)
for name in ("north", "south"):
    with services.source(name).asked("test") as at:
        at.execute("select current_database(), current_user, count(*) from things")
        print(*at.fetchone())
"""


@pytest.fixture
def there(kept: Settings) -> StandInAddresses:
    addresses = stand_in(kept, FINANCE)
    with closing(Warehouse(addresses.owner_url)) as owner:
        with owner.transaction("test") as cursor:
            cursor.execute("drop schema if exists operations cascade")
        operations.prepare(owner)
    return addresses


def ask(url: str, query: str) -> list[dict[str, object]]:
    with closing(Warehouse(url)) as database, database.transaction("test") as cursor:
        return rows(cursor, query)


def test_the_reader_reads_and_may_do_nothing_else(there: StandInAddresses) -> None:
    assert ask(there.reader_url, "select count(*) as n from operations.customers") == [{"n": 1000}]
    for statement in ("delete from operations.customers", "create table operations.mine (n int)"):
        with closing(psycopg2.connect(there.reader_url)) as opened, opened.cursor() as cursor:
            cursor.execute("set default_transaction_read_only = off")
            opened.commit()
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(statement)


def stop_and_make_older(own: Settings) -> None:
    """Take away what versions without finance_db did not make."""
    place = Place(own.home / "postgresql")
    stop(own)
    command = [str(POSTGRESQL.program()), "--single", "-D", str(place.data), "template1"]
    said = b"drop database finance_db\ndrop role finance\ndrop role finance_reader\n"
    subprocess.run(as_account(place.data, *command), input=said, check=True)
    (place.data / "acme_bootstrap").unlink()


@pytest.mark.slow
def test_a_home_of_an_older_version_gets_the_database_when_it_starts_and_keeps_its_data(own: Settings) -> None:
    before = attach(own)
    ask(before.warehouse_url, "create table public.kept as select 7 as n; select 1 as done")
    stop_and_make_older(own)

    addresses = stand_in(own, FINANCE)

    with closing(Warehouse(addresses.owner_url)) as owner:
        operations.prepare(owner)
    assert ask(addresses.reader_url, "select count(*) as n from operations.customers") == [{"n": 1000}]
    assert attach(own) == before
    assert ask(before.warehouse_url, "select n from public.kept") == [{"n": 7}]


def test_a_server_of_an_older_version_that_still_runs_is_to_be_stopped_first(own: Settings) -> None:
    attach(own)
    (own.home / "postgresql/data/acme_bootstrap").unlink()

    with pytest.raises(MendInput) as refused:
        stand_in(own, FINANCE)
    assert refused.value.next_step.startswith("acme down")

    stop(own)
    assert ask(stand_in(own, FINANCE).reader_url, "select 1 as n") == [{"n": 1}]


def test_what_the_version_before_made_in_a_home_is_all_that_a_feed_wants(own: Settings) -> None:
    """Else its server, which still runs, would have to be stopped before anything is read. `acme serve` wants more."""
    attach(own)
    (own.home / "postgresql/data/acme_bootstrap").write_text(MADE_BEFORE)
    assert ask(stand_in(own, FINANCE).reader_url, "select 1 as n") == [{"n": 1}]
    with pytest.raises(MendInput, match="lacks the role acme_reader") as refused:
        reader_url(own)
    assert refused.value.next_step.startswith("acme down")

    stop(own)
    assert ask(reader_url(own), "select 1 as n") == [{"n": 1}]


@pytest.mark.slow
def test_a_company_gets_as_many_stand_ins_as_it_declares_also_in_a_home_of_another_one(
    own: Settings, tmp_path: Path
) -> None:
    owner = stand_in(own, FINANCE).owner_url
    ask(owner, "create table public.kept as select 7 as n; select 1 as done")
    environ = another_company(tmp_path) | {"ACME_HOME": str(own.home)}

    refused = subprocess.run([sys.executable, "-c", LOOK], env=environ, capture_output=True, text=True, check=False)
    assert "lacks north_db" in refused.stderr
    stop(own)
    found = subprocess.run([sys.executable, "-c", LOOK], env=environ, capture_output=True, text=True, check=False)

    assert found.stdout.splitlines() == ["north_db north_reader 1", "south_db south_reader 1"], found.stderr
    stop(own)
    assert ask(stand_in(own, FINANCE).owner_url, "select n from public.kept") == [{"n": 7}]


@pytest.mark.usefixtures("there")
def test_the_doctor_looks_at_a_stand_in_and_makes_nothing_in_it(kept: Settings) -> None:
    """The reading does, before it reads."""
    services = Services(kept)
    ask(stand_in(kept, FINANCE).owner_url, "drop schema operations cascade; select 1 as done")
    (before,) = sources(looking(services))
    (again,) = sources(looking(services))
    services.prepare_stand_in("finance")
    (after,) = sources(looking(services))

    assert (before.level, "its first reading fills" in before.said) == (Level.OK, True)
    assert again == before
    assert (after.level, "operations.orders" in after.said) == (Level.OK, True)


def looking(services: Services) -> Patient:
    patient = Patient({})
    patient.__dict__.update(settings=services.settings, services=services)
    return patient


@pytest.mark.parametrize("name", ["warehouse", "postgres", "x; drop database warehouse", "North", "", "south_db"])
def test_a_stand_in_that_has_no_name_of_its_own_makes_nothing(name: str) -> None:
    south = StandIn("south_db", "south_owner", "south_reader", prepare="x:x")
    with pytest.raises(MendInput, match="no name of its own"):
        bootstrap((south, StandIn(name, "north_owner", "north_reader", prepare="x:x")))


def another_company(folder: Path) -> dict[str, str]:
    """Installs it; the environment in which it is the company."""
    about = folder / "two-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: two\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[acme_platform.company]\ntwo = two_sources:COMPANY\n")
    (folder / "two_sources.py").write_text(TWO)
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), "ACME_COMPANY": "two"}


def test_the_passwords_of_the_two_differ_and_are_shown_nowhere(there: StandInAddresses) -> None:
    passwords = {url.split(":")[2].split("@")[0] for url in (there.owner_url, there.reader_url)}
    assert len(passwords) == 2
    assert not [password for password in passwords if password in repr(there)]
    with pytest.raises(AcmeError) as refused:
        ask(there.reader_url.replace("finance_reader", "finance"), "select 1")
    assert not [password for password in passwords if password in str(refused.value)]


def test_the_reader_sees_how_long_others_are_open_and_who_does_not_reads_more_again(there: StandInAddresses) -> None:
    with closing(Warehouse(there.owner_url)) as owner, owner.transaction("test") as cursor:
        cursor.execute("select now()::timestamp")
        ((began,),) = cursor.fetchall()
        with Source(there.reader_url).snapshot("test") as seen:
            assert began - timedelta(seconds=2) < seen.moment.complete_to <= began
    with closing(psycopg2.connect(there.reader_url)), Source(there.owner_url).snapshot("test") as blind:
        assert blind.moment.now - blind.moment.complete_to > timedelta(minutes=9)


def test_days_at_once_look_as_steps_would_have_left_them(there: StandInAddresses) -> None:
    """Items go to a customer's first order of a day: nine orders in ten have none. Days that are there stay."""
    days = parse_days("2024-01-01..2024-01-02")
    owner = Warehouse(there.owner_url)
    assert operations.fill(owner, days, rows=2000, seed=1) == dict.fromkeys(days, 2000)
    first = "select md5(string_agg(o::text, ',' order by order_id)) as found from operations.orders as o"
    before = ask(there.owner_url, first)

    assert operations.fill(owner, days, rows=2000, seed=1) == dict.fromkeys(days, 0)
    assert ask(there.owner_url, first) == before
    (counted,) = ask(
        there.owner_url,
        """
        select count(*) as orders, count(*) filter (where status = 'COMPLETED') as completed,
            count(*) filter (where customer_id is null) as of_nobody, count(distinct order_date) as days,
            count(*) filter (where delivery_date <> order_date + 10) as late,
            count(*) filter (where order_id not in (select order_id from operations.order_items)) as without_items,
            count(*) filter (where updated_at::date <> order_date or updated_at < created_at) as strange,
            (select count(*) from operations.order_items) as items,
            (select count(*) from operations.order_items where quanity not between 0 and 999) as uncountable
        from operations.orders
        """,
    )
    assert counted | {"completed": 0, "without_items": 0, "of_nobody": 0} == {
        "orders": 4000, "completed": 0, "of_nobody": 0, "days": 2, "late": 0, "without_items": 0, "strange": 0,
        "items": 4000 * 26, "uncountable": 0,
    }  # fmt: skip
    assert 0.85 < int(str(counted["without_items"])) / 4000 < 0.93
    assert 0.85 < int(str(counted["completed"])) / 4000 < 0.97
    assert int(str(counted["of_nobody"])) > 0
    (two,) = ask(
        there.owner_url,
        "select count(*) as n from (select from operations.orders"
        " where status <> 'COMPLETED' and customer_id is not null"
        " group by customer_id, order_date having count(*) > 1) as open",
    )
    assert two == {"n": 0}
    owner.close()


def test_steps_place_orders_and_move_them_on(there: StandInAddresses) -> None:
    """A COMPLETED order stays; a customer has one open order of a day at most; 26 items come with each order."""
    luck = random.Random(7)  # noqa: S311  # no secret
    with closing(Warehouse(there.owner_url)) as owner, owner.transaction("test") as cursor:
        cursor.execute("delete from operations.customers where customer_id > 5")
        for _ in range(300):
            step(cursor, luck)
    (found,) = ask(
        there.owner_url,
        "select count(*) as orders, count(*) filter (where status <> 'COMPLETED') as open,"
        " count(distinct status) as statuses, (select count(*) from operations.order_items) as items,"
        " (select count(distinct order_id) from operations.order_items) as orders_with_items from operations.orders",
    )
    assert found["items"] == int(str(found["orders"])) * 26
    assert found["orders_with_items"] == 5
    assert int(str(found["open"])) <= 5
    assert int(str(found["orders"])) > 40


def test_today_holds_no_time_that_is_still_to_come(there: StandInAddresses) -> None:
    with closing(Warehouse(there.owner_url)) as owner:
        operations.fill(owner, parse_days(str(today())), rows=100, seed=1)
    (newest,) = ask(there.owner_url, "select max(updated_at) <= now()::timestamp as past from operations.orders")
    assert newest == {"past": True}

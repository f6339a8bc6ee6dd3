"""Deliveries of which too much cannot be read: refused as a whole, what stood stays, a person may accept them."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from acme_assets_tests.support.days import settle
from acme_assets_tests.support.loading import WatchedLake, ids, load, orders, states
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.day import today
from acme_platform.errors import MendInput, RefusedFile, TooManyRejects
from acme_platform.ledger.staleness import stale_days
from acme_platform.model.tolerance import Tolerance
from acme_platform.monitoring.problems import troubles
from acme_platform.registry import catalog
from acme_platform.schema.migrate import PLATFORM
from acme_platform.triggers.new_files import look

BOTH = ("raw", "staging")


def mixed(good: int, bad: int, *, broken: int = 0, first: int = 1) -> bytes:
    """Orders of consecutive numbers, `bad` of them with a day that does not exist, and lines of one field."""
    unreadable = b"".join(b"%d,7,2024-02-30,1.00\n" % (first + good + number) for number in range(bad))
    return orders(*range(first, first + good)) + unreadable + b"broken\n" * broken


def fill(pipeline: Pipeline, number: int = 1, *, accepts_rejects: bool = False) -> None:
    pipeline.fill(day(number), layers=BOTH, accepts_rejects=accepts_rejects)


def staged(pipeline: Pipeline, number: int = 1) -> list[int]:
    rows = pipeline.ask("select order_id from staging.sales_orders where day = %(day)s", {"day": day(number)})
    return sorted(row["order_id"] for row in rows)


def rejects(pipeline: Pipeline) -> dict[str, int]:
    rows = pipeline.ask("select table_name, count(*) as rows from quarantine.rows group by 1")
    return {row["table_name"]: row["rows"] for row in rows}


def is_settled(pipeline: Pipeline, number: int = 1) -> bool:
    """Nothing of the day is older than what it was made of, and no check is red."""
    with pipeline.services.open_warehouse().transaction("test") as cursor:
        stale = stale_days(cursor, catalog.table("staging.sales_orders"), pipeline.services.settings.first_day)
    return day(number) not in stale and not pipeline.red("staging.sales_orders", day(number))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(mixed(40, 60), "60 of its 100 rows cannot be read", id="most values"),
        pytest.param(mixed(0, 3), "not one of its 3 rows is good", id="every value"),
        pytest.param(mixed(98, 2), "2 of its 100 rows cannot be read", id="more than 1 % of values"),
        pytest.param(mixed(297, 2, broken=2), "4 of its 301 rows cannot be read", id="lines and values together"),
        pytest.param(mixed(100_000, 1_001), "1,001 of its 101,001 rows cannot be read", id="more than 1,000"),
    ],
)
def test_a_first_delivery_with_too_many_unreadable_rows_leaves_no_day(
    pipeline: Pipeline, content: bytes, said: str
) -> None:
    key = pipeline.deliver("orders", day(1), content)
    with pytest.raises(TooManyRejects) as refused:
        fill(pipeline)
    assert f"{key}: {said}" in refused.value.message
    assert "order_date is not a date like 2024-01-31: '2024-02-30'" in refused.value.message or "broken" in said
    for command in (
        "acme rejects sales --day 2024-01-01",
        "acme deliver sales orders FILE --day 2024-01-01",
        "acme run --select raw/sales_orders+ --days 2024-01-01 --accept-rejects",
    ):
        assert command in refused.value.next_step
    assert ids(pipeline) == []
    assert states(pipeline) == {("2024-01-01.csv", "refused"): 1}
    assert pipeline.ask("select from ledger.builds where table_name like %(any)s", {"any": "%_orders"}) == []
    assert pipeline.ask("select to_regclass('staging.sales_orders')") == [{"to_regclass": None}]


@pytest.mark.parametrize("filler", [b",,,\n", b"9,7,2024-02-30,1.00\n"], ids=["separators", "one value"])
def test_a_bomb_of_unreadable_values_is_refused_whoever_accepts_it_and_does_not_fill_the_quarantine(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, filler: bytes
) -> None:
    """More than so many, and more than a tenth of the good rows. How many there were is told all the same."""
    monkeypatch.setattr("acme_platform.model.tolerance.MOST_REJECTS", 50)
    monkeypatch.setattr("acme_platform.transform.refusal.MOST_REJECTS", 50)
    monkeypatch.setattr("acme_platform.transform.refusal.MOST_KEPT", 10)
    pipeline.deliver("orders", day(1), orders(*range(1, 11)) + filler * 51)
    for _ in range(2):
        with pytest.raises(RefusedFile, match="51 of its 61 rows cannot be read, more than anybody may") as refused:
            fill(pipeline, accepts_rejects=True)
        assert "--accept-rejects" not in refused.value.next_step
    assert rejects(pipeline) == {"staging.sales_orders": 10}
    pipeline.expect("ledger.deliveries where state = 'refused'", "rows_in | rows_kept | rows_rejected\n61 | 0 | 51")

    pipeline.deliver("orders", day(1), orders(*range(1, 601)) + filler * 51)
    fill(pipeline, accepts_rejects=True)
    assert len(staged(pipeline)) == 600


def test_a_bomb_of_one_row_that_comes_again_and_again_is_refused_and_does_not_fill_the_quarantine(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can be read each time, so no tolerance is in its way; but each repetition is kept in the quarantine."""
    monkeypatch.setattr("acme_platform.transform.refusal.MOST_REJECTS", 50)
    monkeypatch.setattr("acme_platform.transform.refusal.MOST_KEPT", 10)
    pipeline.deliver("orders", day(1), orders(*[7] * 102))
    with pytest.raises(RefusedFile, match="101 of its 102 rows come again, more than anybody may accept"):
        fill(pipeline, accepts_rejects=True)
    assert rejects(pipeline) == {"staging.sales_orders": 10}

    pipeline.deliver("orders", day(1), orders(*[7] * 101))
    fill(pipeline)
    assert staged(pipeline) == [7]


def test_rejects_of_a_refused_delivery_are_kept_with_their_rows(pipeline: Pipeline) -> None:
    pipeline.deliver("orders", day(1), mixed(297, 2, broken=2))
    with pytest.raises(TooManyRejects):
        fill(pipeline)
    assert rejects(pipeline) == {"raw.sales_orders": 2, "staging.sales_orders": 2}
    pipeline.expect(
        "quarantine.rows where table_name like 'staging%'",
        "row_number | reason\n"
        "298        | order_date is not a date like 2024-01-31: '2024-02-30'\n"
        "299        | order_date is not a date like 2024-01-31: '2024-02-30'",
    )
    pipeline.expect("ledger.deliveries", "rows_in | rows_kept | rows_rejected\n301 | 0 | 4")


@pytest.mark.parametrize(
    "content", [mixed(198, 2), mixed(1, 1), mixed(299, 1, broken=2)], ids=["1 %", "one of two", "1 % together"]
)
def test_a_delivery_within_the_tolerance_stands_without_its_unreadable_rows(pipeline: Pipeline, content: bytes) -> None:
    pipeline.deliver("orders", day(1), content)
    fill(pipeline)
    good = content.count(b"2024-01-01,")
    assert staged(pipeline) == list(range(1, good + 1))
    assert is_settled(pipeline)


def test_rows_that_come_again_are_not_unreadable(pipeline: Pipeline) -> None:
    pipeline.deliver("orders", day(1), orders(1, 1, 1, 2, 2, 2))
    fill(pipeline)
    assert staged(pipeline) == [1, 2]


def test_what_stood_before_a_refused_correction_stays_in_raw_and_staging(pipeline: Pipeline) -> None:
    pipeline.deliver("orders", day(1), mixed(300, 1))
    fill(pipeline)
    before = pipeline.ask("select * from ledger.builds order by table_name")
    for _ in range(2):
        pipeline.deliver("orders", day(1), mixed(40, 60, first=1000))
        with pytest.raises(TooManyRejects):
            fill(pipeline)
        assert ids(pipeline) == list(range(1, 302))
        assert staged(pipeline) == list(range(1, 301))
        assert is_settled(pipeline)
        assert pipeline.red("raw.sales_orders", day(1)) == set()
    after = pipeline.ask("select * from ledger.builds order by table_name")
    kept = ("table_name", "day", "change", "row_count", "seen")
    assert [[row[name] for name in kept] for row in after] == [[row[name] for name in kept] for row in before]
    fill(pipeline_without(pipeline, "2024-01-01.csv"))
    assert staged(pipeline) == list(range(1, 301))


def pipeline_without(pipeline: Pipeline, file: str) -> Pipeline:
    """The bad file leaves the lake."""
    (pipeline.services.lake.root / "sales/orders" / file).unlink()  # type: ignore[attr-defined]
    return pipeline


def test_a_corrected_file_comes_in_and_takes_the_rejects_of_the_refused_one_away(pipeline: Pipeline) -> None:
    pipeline.deliver("orders", day(1), orders(1, 2, 3))
    fill(pipeline)
    pipeline.deliver("orders", day(1), mixed(1, 2, broken=1))
    with pytest.raises(TooManyRejects):
        fill(pipeline)
    pipeline.deliver("orders", day(1), orders(5, 6))
    fill(pipeline)
    assert (ids(pipeline), staged(pipeline), rejects(pipeline)) == ([5, 6], [5, 6], {})
    assert states(pipeline) == {("2024-01-01.csv", "visible"): 1, ("2024-01-01.csv", "replaced"): 2}
    assert is_settled(pipeline)


def test_a_file_mended_under_another_name_ends_the_refusal_of_the_one_that_left(pipeline: Pipeline) -> None:
    pipeline.deliver("orders", day(1), mixed(1, 2))
    with pytest.raises(TooManyRejects):
        fill(pipeline)
    pipeline_without(pipeline, "2024-01-01.csv").deliver("orders", day(1), orders(5), ending=".csv.gz")
    fill(pipeline)
    assert (staged(pipeline), rejects(pipeline)) == ([5], {})
    assert states(pipeline) == {("2024-01-01.csv", "replaced"): 1, ("2024-01-01.csv.gz", "visible"): 1}


def test_good_parts_that_come_with_a_bad_one_wait_for_it_and_each_is_judged_by_itself(pipeline: Pipeline) -> None:
    """Three of 303 rows were 1 % of them all."""
    pipeline.deliver("orders", day(1), orders(*range(300)), part="a")
    pipeline.deliver("orders", day(1), mixed(0, 3, first=900), part="b")
    with pytest.raises(TooManyRejects, match=r"2024-01-01/b\.csv: not one of its 3 rows"):
        fill(pipeline)
    assert ids(pipeline) == []
    assert states(pipeline) == {("a.csv", "landed"): 1, ("b.csv", "refused"): 1}
    pipeline.deliver("orders", day(1), orders(900), part="b")
    fill(pipeline)
    assert staged(pipeline) == [*range(1, 300), 900]
    assert is_settled(pipeline)


def test_parts_that_stand_stay_when_a_new_one_is_refused(pipeline: Pipeline) -> None:
    pipeline.deliver("orders", day(1), orders(1, 2), part="a")
    fill(pipeline)
    pipeline.deliver("orders", day(1), mixed(1, 5, first=10), part="b")
    with pytest.raises(TooManyRejects):
        fill(pipeline)
    assert (ids(pipeline), staged(pipeline)) == ([1, 2], [1, 2])
    assert is_settled(pipeline)


def test_raw_that_was_read_long_before_is_judged_when_it_is_staged(pipeline: Pipeline) -> None:
    """Two corrections were read in between, the last of them bad: what comes back is what staging had read."""
    pipeline.deliver("orders", day(1), orders(1))
    fill(pipeline)
    pipeline.deliver("orders", day(1), orders(2))
    load(pipeline)
    pipeline.deliver("orders", day(1), mixed(0, 2))
    load(pipeline)
    with pytest.raises(TooManyRejects):
        pipeline.fill_table("staging.sales_orders", day(1))
    assert (ids(pipeline), staged(pipeline)) == ([1], [1])
    assert is_settled(pipeline)


def test_a_person_may_accept_a_delivery_and_is_not_asked_again(pipeline: Pipeline) -> None:
    """Nor when the day is filled again from nothing; another delivery is judged anew."""
    pipeline.deliver("orders", day(1), mixed(2, 4, broken=3))
    with pytest.raises(TooManyRejects):
        fill(pipeline)
    fill(pipeline, accepts_rejects=True)
    for _ in range(2):
        assert staged(pipeline) == [1, 2]
        assert rejects(pipeline) == {"raw.sales_orders": 3, "staging.sales_orders": 4}
        assert is_settled(pipeline)
        pipeline.change("drop table raw.sales_orders cascade", "drop table staging.sales_orders cascade")
        fill(pipeline)
    pipeline.deliver("orders", day(1), mixed(3, 4, broken=3))
    with pytest.raises(TooManyRejects):
        fill(pipeline)
    assert staged(pipeline) == [1, 2]


def test_a_delivery_that_comes_back_as_it_was_is_read_again(pipeline: Pipeline) -> None:
    """What stands by for a file that was not staged yet is not in raw."""
    pipeline.deliver("orders", day(1), orders(1))
    fill(pipeline)
    pipeline.deliver("orders", day(1), orders(2))
    load(pipeline)
    pipeline.deliver("orders", day(1), orders(1))
    fill(pipeline)
    assert (ids(pipeline), staged(pipeline)) == ([1], [1])
    assert pipeline.ask("select from ledger.deliveries where state = 'standby'") == []


def test_nothing_stands_by_once_a_correction_is_staged(pipeline: Pipeline) -> None:
    for one in (1, 2, 3):
        pipeline.deliver("orders", day(1), orders(one))
        fill(pipeline)
    assert states(pipeline) == {("2024-01-01.csv", "visible"): 1, ("2024-01-01.csv", "replaced"): 2}
    tables = pipeline.ask("select from pg_tables where schemaname = 'raw_files'")
    assert len(tables) == 1


def test_a_refused_delivery_is_not_read_again_for_the_same_answer(pipeline: Pipeline) -> None:
    """Raw does not show it for a moment, and a thousand megabytes are not read; by another rule they are."""
    pipeline.deliver("orders", day(1), orders(1))
    fill(pipeline)
    pipeline.deliver("orders", day(1), mixed(6, 4))
    with pytest.raises(TooManyRejects) as first:
        fill(pipeline)
    watched = WatchedLake(pipeline.services.lake)
    with pytest.raises(TooManyRejects) as again:
        load(pipeline, watched)
    assert (str(again.value), watched.opened, ids(pipeline)) == (str(first.value), [], [1])
    assert states(pipeline)["2024-01-01.csv", "refused"] == 1
    lenient = replace(pipeline, feed=replace(pipeline.feed, tolerance=Tolerance(share=0.5)))
    fill(lenient)
    assert staged(pipeline) == [1, 2, 3, 4, 5, 6]


def test_a_refusal_of_one_day_leaves_the_others(pipeline: Pipeline) -> None:
    for number in (1, 3):
        pipeline.deliver("orders", day(number), orders(number))
        fill(pipeline, number)
    pipeline.deliver("orders", day(2), mixed(0, 4))
    with pytest.raises(TooManyRejects):
        fill(pipeline, 2)
    assert [staged(pipeline, number) for number in (1, 2, 3)] == [[1], [], [3]]


def test_a_later_rule_that_is_too_strict_for_what_stands_takes_nothing_away(pipeline: Pipeline) -> None:
    """The delivery was good enough when it came, and what it replaced is gone: the day fails, and stands."""
    pipeline.deliver("orders", day(1), mixed(99, 1))
    fill(pipeline)
    strict = replace(pipeline, feed=replace(pipeline.feed, tolerance=Tolerance(share=0)))
    with pytest.raises(MendInput, match=r"staging\.sales_orders of 2024-01-01 stays as it was") as failed:
        strict.fill_table("staging.sales_orders", day(1))
    assert not isinstance(failed.value, TooManyRejects)
    assert "acme run --select staging/sales_orders --days 2024-01-01 --accept-rejects" in failed.value.next_step
    assert len(staged(pipeline)) == len(ids(pipeline)) - 1 == 99
    strict.fill_table("staging.sales_orders", day(1), accepts_rejects=True)
    strict.fill_table("staging.sales_orders", day(1))


def test_snapshots_keep_the_last_good_one(pipeline: Pipeline) -> None:
    """Of a first delivery nothing is left, so the snapshot before goes on."""
    shop = Pipeline(pipeline.services, catalog.feed("shop"))
    titles = b"customer_id,customer_name,postal_code\n"
    shop.deliver("dim_customers", day(1), titles + b"1,Ann,10115\n2,Bob,10117\n")
    shop.deliver("dim_customers", day(2), titles + b"1,Ann,10115\nx,Bob,10117\ny,Eve,10119\n")
    for number in (1, 2):
        shop.fill_table("raw.shop_dim_customers", day(number))
    shop.fill_table("staging.shop_dim_customers", day(1))
    with pytest.raises(TooManyRejects, match="2 of its 3 rows cannot be read"):
        shop.fill_table("staging.shop_dim_customers", day(2))
    shop.expect(
        "staging.shop_dim_customers",
        "customer_id | day | valid_to\n1 | 2024-01-01 |\n2 | 2024-01-01 |",
    )
    assert shop.built("raw.shop_dim_customers") == {1}


def test_a_kill_before_the_refusal_leaves_a_day_that_is_refused_by_the_next_run(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Staging was rolled back, raw shows the file for now, and the day is known to be stale."""
    pipeline.deliver("orders", day(1), orders(1))
    fill(pipeline)
    pipeline.deliver("orders", day(1), mixed(0, 3))
    with monkeypatch.context() as killed:
        killed.setattr(
            "acme_platform.transform.refusal.Refusal.refuse", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
        )
        with pytest.raises(KeyboardInterrupt):
            fill(pipeline)
    assert staged(pipeline) == [1]
    with pipeline.services.open_warehouse().transaction("test") as cursor:
        first_day = pipeline.services.settings.first_day
        assert stale_days(cursor, catalog.table("staging.sales_orders"), first_day) == {day(1)}
    with pytest.raises(TooManyRejects):
        pipeline.fill_table("staging.sales_orders", day(1))
    assert (ids(pipeline), staged(pipeline)) == ([1], [1])
    assert is_settled(pipeline)


def test_a_delivery_refused_by_staging_is_told_with_its_remedy_and_not_asked_for_again(pipeline: Pipeline) -> None:
    for_good = datetime.now(UTC)
    settle(pipeline.services, pipeline.deliver("orders", day(1), mixed(2, 4)))
    settle(
        pipeline.services,
        pipeline.deliver("customers", day(1), "customer_id | customer_name | country\n1 | Ann | Peru"),
    )
    with pytest.raises(TooManyRejects):
        fill(pipeline)
    with pipeline.services.open_warehouse().transaction("test") as cursor:
        (told,) = troubles(cursor, pipeline.services, pipeline.feed, for_good)
    assert (told.kind, told.subject) == ("failed", "raw.sales_orders of 2024-01-01")
    assert "4 of its 6 rows cannot be read" in told.message
    assert "acme run --select raw/sales_orders+ --days 2024-01-01 --accept-rejects" in told.mend
    assert look(pipeline.services, pipeline.feed).days == {}
    settle(pipeline.services, pipeline.deliver("orders", day(1), mixed(5, 0)))
    assert list(look(pipeline.services, pipeline.feed).days) == [day(1)]


def test_an_object_that_is_overwritten_is_refused_as_any_file(pipeline: Pipeline) -> None:
    """What it held when staging last read it on the same day stays."""
    shop = Pipeline(pipeline.services, catalog.feed("shop"))
    titles, key = b"review,product_id\n", "orders_data/reviews.csv"
    for content in (b"5,1\n4,2\n", b"5,1\n9,1\n8,2\n"):
        shop.put(key, titles + content)
        shop.fill_table("raw.shop_reviews", today())
        if b"9" not in content:
            shop.fill_table("staging.shop_reviews", today())
    with pytest.raises(TooManyRejects, match=r"orders_data/reviews\.csv: 2 of its 3 rows cannot be read"):
        shop.fill_table("staging.shop_reviews", today())
    for table in ("raw.shop_reviews", "staging.shop_reviews"):
        assert len(shop.ask(f"select from {table}")) == 2, table  # of this test
    assert look(shop.services, shop.feed).days == {}


def test_what_was_staged_before_the_upgrade_stands_and_what_was_not_may_be_refused(pipeline: Pipeline) -> None:
    for number in (1, 2):
        pipeline.deliver("orders", day(number), orders(number))
        fill(pipeline, number)
    pipeline.deliver("orders", day(2), orders(3))
    load(pipeline, number=2)
    pipeline.change("update ledger.deliveries set is_staged = false")
    *_, upgrade = (PLATFORM / "030_refused_deliveries.sql").read_text().split("-- What raw holds")
    pipeline.change(upgrade.partition("\n")[2])
    pipeline.expect(
        "ledger.deliveries where state = 'visible'", "day | is_staged\n2024-01-01 | True\n2024-01-02 | False"
    )

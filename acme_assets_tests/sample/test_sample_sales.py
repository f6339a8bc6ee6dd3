"""The generated sales feed: what its days hold, and how they hang together.

Expectations are worked out from the shape of a real delivery: 10,000 orders, 2,000 customers, padded values.
"""

import re
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

from acme_assets.sample import write_sample
from acme_platform.day import parse_days
from acme_platform.errors import UsageError

ORDER_LINE = re.compile(r"[ \d]{8} ,[ \d]{11} ,\d{4}-\d\d-\d\d ,[ \d]{6}\.\d\d")
FORTNIGHT = "2024-01-01..2024-01-14"


class Order(NamedTuple):
    order_id: int
    customer_id: int
    order_date: date
    amount: Decimal


class Customer(NamedTuple):
    customer_id: int
    name: str
    country: str


def lines(folder: Path, table: str, day: str) -> list[str]:
    return (folder / f"sales/{table}/{day}.csv").read_text("utf-8").splitlines()


def orders(folder: Path, day: str) -> list[Order]:
    rows = (line.split(",") for line in lines(folder, "orders", day)[1:])
    return [Order(int(o), int(c), date.fromisoformat(d.strip()), Decimal(a.strip())) for o, c, d, a in rows]


def customers(folder: Path, day: str) -> list[Customer]:
    rows = (line.split(",") for line in lines(folder, "customers", day)[1:])
    return [Customer(int(i), name.strip(), country) for i, name, country in rows]


@pytest.fixture(scope="module")
def fortnight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two weeks of the size of the real delivery."""
    folder = tmp_path_factory.mktemp("fortnight")
    write_sample("sales", parse_days(FORTNIGHT), rows=10_000, seed=1, dirty=0, to=folder)
    return folder


def test_headers_and_values_are_padded_with_blanks(fortnight: Path) -> None:
    """Names and values are padded as the real feed pads them: ids and amounts to the right, names to the left."""
    ids, people = lines(fortnight, "orders", "2024-01-02"), lines(fortnight, "customers", "2024-01-01")

    assert ids[0] == "order_id ,customer_id ,order_date ,amount"
    assert people[0] == "customer_id ,customer_name            ,country"
    assert [line for line in ids[1:] if not ORDER_LINE.fullmatch(line)] == []
    assert [line for line in people[1:] if not re.fullmatch(r"[ \d]{11} ,[^,]{25},[^ ,].*", line)] == []


def test_a_delivery_has_the_size_of_a_real_one(fortnight: Path) -> None:
    """10,000 orders come with 2,000 customers (and the day's 2 newcomers) of some 240 countries, many from the USA."""
    people = customers(fortnight, "2024-01-01")
    homes = Counter(customer.country for customer in people)

    assert len(orders(fortnight, "2024-01-01")) == 10_000
    assert sorted(c.customer_id for c in people)[:2_000] == list(range(1, 2_001))
    assert len(people) == len({c.customer_id for c in people}) == 2_002
    assert 230 <= len(homes) <= 249
    assert homes["USA"] == max(homes.values())
    assert {
        "Cote d'Ivoire",
        "Svalbard & Jan Mayen Islands",
        "Antarctica (the territory South of 60 deg S)",
    } <= homes.keys()


def test_names_are_shared_by_different_customers(fortnight: Path) -> None:
    """Whoever groups by name gets wrong numbers: some names belong to several customers, and not all are ASCII."""
    names = Counter(customer.name for customer in customers(fortnight, "2024-01-01"))

    assert sum(count > 1 for count in names.values()) >= 25
    assert any(not name.isascii() for name in names)


def test_some_customers_never_order(fortnight: Path) -> None:
    """Customers 150, 300 … 1950, thirteen of them, have no order on any day; everybody who orders was delivered."""
    days = [str(day) for day in parse_days(FORTNIGHT)]
    known = {c.customer_id for day in days for c in customers(fortnight, day)}
    buyers = {o.customer_id for day in days for o in orders(fortnight, day)}

    assert buyers <= known
    assert known - buyers == set(range(150, 2_000, 150))


def test_a_later_day_brings_only_what_changed(fortnight: Path) -> None:
    """One of every hundred customers moved or changed the name, never both; 2 newcomers nobody has seen before."""
    before = {c.customer_id: c for c in customers(fortnight, "2024-01-01")}
    news = customers(fortnight, "2024-01-02")
    changed = [(c, before[c.customer_id]) for c in news if c.customer_id in before]

    assert len(news) == 22
    assert [(c.customer_id - 1) // 100 for c, _ in changed] == list(range(20))
    assert {(c.name != was.name) + (c.country != was.country) for c, was in changed} == {1}
    assert {c.name != was.name for c, was in changed} == {True, False}


def test_every_fiftieth_order_is_an_older_one_with_another_amount(fortnight: Path) -> None:
    """On the eighth day and later the repeated orders are in the week before, same customer and date, new amount."""
    earlier = {o.order_id: o for n in range(1, 8) for o in orders(fortnight, f"2024-01-{n:02}")}
    today = orders(fortnight, "2024-01-08")
    repeated = [order for order in today if order.order_id in earlier]

    assert len({order.order_id for order in today}) == 10_000
    assert repeated == today[49::50]
    assert all(order[:3] == earlier[order.order_id][:3] for order in repeated)
    assert all(order.amount != earlier[order.order_id].amount for order in repeated)


def test_new_orders_were_placed_in_the_week_before(fortnight: Path) -> None:
    """No order is of the day of its delivery or later; amounts stay between those of the real delivery."""
    fresh = [order for n, order in enumerate(orders(fortnight, "2024-01-08")) if n % 50 != 49]

    assert {order.order_date for order in fresh} == set(parse_days("2024-01-01..2024-01-07"))
    assert Decimal("29.39") <= min(order.amount for order in fresh)
    assert max(order.amount for order in fresh) <= Decimal("175307.62")


def test_another_seed_reads_like_a_correction(fortnight: Path, tmp_path: Path) -> None:
    """The same day with another seed has the same orders of the same customers, with other amounts."""
    write_sample("sales", parse_days("2024-01-05"), rows=10_000, seed=2, dirty=0, to=tmp_path)
    was, corrected = orders(fortnight, "2024-01-05"), orders(tmp_path, "2024-01-05")
    fresh = [(a, b) for n, (a, b) in enumerate(zip(was, corrected, strict=True)) if n % 50 != 49]

    assert [a[:3] for a, _ in fresh] == [b[:3] for _, b in fresh]
    assert sum(a.amount == b.amount for a, b in fresh) < 10


@pytest.mark.parametrize("rows", [1, 2, 49, 50, 51, 149, 5_000])
def test_a_delivery_of_any_size_hangs_together(tmp_path: Path, rows: int) -> None:
    """However few rows: that many orders, ids once each, every customer of them known."""
    write_sample("sales", parse_days("2024-01-01"), rows=rows, seed=1, dirty=0, to=tmp_path)
    day = orders(tmp_path, "2024-01-01")

    assert len(day) == len({order.order_id for order in day}) == rows
    assert {o.customer_id for o in day} <= {c.customer_id for c in customers(tmp_path, "2024-01-01")}


def test_there_is_nothing_before_the_first_day(tmp_path: Path) -> None:
    """Ids count from 2000-01-01: an earlier day is refused by name, the first one is there."""
    write_sample("sales", parse_days("2000-01-01"), rows=100, seed=1, dirty=0, to=tmp_path)

    with pytest.raises(UsageError, match="1999-12-31") as refusal:
        write_sample("sales", parse_days("1999-12-31"), rows=100, seed=1, dirty=0, to=tmp_path)
    assert "2000-01-01" in refusal.value.next_step
    assert min(order.order_id for order in orders(tmp_path, "2000-01-01")) >= 101

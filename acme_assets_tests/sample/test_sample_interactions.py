"""The generated interactions feed: of the shape of the small sample, clean rows readable, dirty ones refused."""

import csv
import io
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from acme_assets.sample import write_sample
from acme_assets_tests.support.pipeline import Pipeline
from acme_platform.day import parse_days
from acme_platform.errors import UsageError
from acme_platform.registry import catalog
from acme_platform.services import Services

DAYS = [date(2024, 3, n) for n in (1, 2, 3)]


def text(folder: Path, day: date, *, rows: int, seed: int = 1, dirty: float = 0) -> bytes:
    write_sample("interactions", parse_days(str(day)), rows=rows, seed=seed, dirty=dirty, to=folder)
    return (folder / f"interactions/interactions/{day}.csv").read_bytes()


def read(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_a_day_holds_new_interactions_and_a_few_of_the_week_before_once_more(tmp_path: Path) -> None:
    """Another action of the same user on the same product and day; 10 of 1,000."""
    known = {
        row["interaction_id"]: row for n in range(23, 30) for row in read(text(tmp_path, date(2024, 2, n), rows=1000))
    }
    rows = read(text(tmp_path, DAYS[0], rows=1000))
    again = [(row, known[row["interaction_id"]]) for row in rows if row["interaction_id"] in known]

    assert len({row["interaction_id"] for row in rows}) == len(rows) == 1000
    assert len(again) == 10
    assert all(row[name] == was[name] for row, was in again for name in ("user_id", "product_id", "timestamp"))
    assert {row["timestamp"] for row in rows if row["interaction_id"] not in known} == {"2024-02-29", "2024-03-01"}


def test_some_users_and_products_are_met_more_often(tmp_path: Path) -> None:
    rows = read(text(tmp_path, DAYS[0], rows=10_000))
    users, products = Counter(row["user_id"] for row in rows), Counter(row["product_id"] for row in rows)

    assert 900 <= len(users) <= 1000
    assert products["1"] > products["100"] > products["199"]
    assert {row["action"] for row in rows} == {"hover", "click", "readmore_click", "purchase"}


@pytest.mark.parametrize(("dirty", "spoilt"), [(0, 0), (0.05, 25)])
def test_clean_rows_can_be_read_and_every_dirty_one_is_quarantined(
    services: Services, tmp_path: Path, dirty: float, spoilt: int
) -> None:
    pipeline = Pipeline(services, catalog.feed("interactions"))
    pipeline.deliver("interactions", DAYS[0], text(tmp_path, DAYS[0], rows=500, dirty=dirty))
    pipeline.fill(DAYS[0], layers=("raw", "staging"))
    (kept,) = pipeline.ask("select count(*) as rows from staging.interactions")
    rejected = pipeline.ask("select reason from quarantine.rows")
    assert (kept["rows"], len(rejected)) == (500 - spoilt, spoilt)
    if spoilt:
        assert {"action is missing", "interacted_on is missing"} <= {row["reason"] for row in rejected}


def test_another_seed_reads_like_a_correction(tmp_path: Path) -> None:
    was, now = (read(text(tmp_path / str(seed), DAYS[0], rows=99, seed=seed)) for seed in (1, 2))
    assert [(a["interaction_id"], a["user_id"]) for a in was] == [(a["interaction_id"], a["user_id"]) for a in now]
    assert was != now


def test_there_is_nothing_before_the_first_day(tmp_path: Path) -> None:
    assert len(read(text(tmp_path, date(2000, 1, 1), rows=1))) == 1
    with pytest.raises(UsageError, match="1999-12-31"):
        text(tmp_path, date(1999, 12, 31), rows=1)

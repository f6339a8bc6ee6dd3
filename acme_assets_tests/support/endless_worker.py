"""A process that delivers and fills without end, to be killed in the middle.

    python -m acme_assets_tests.support.endless_worker

A line `SEED` on standard input starts a worker and prints its number.

Belongs here: what the process does. Not here: who kills it and what must hold then (`test_kill.py`).

Workers are forked from one process that has imported everything: starting Python anew would take most of the test.
"""

import os
import random
import sys

from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.config.settings import Settings
from acme_platform.services import Services

COUNTRIES = ("USA", "Peru", "Chad")


def work(seed: int) -> None:
    """Deliver a file that nobody delivered before and bring its day down to Redis; again."""
    chosen = random.Random(seed)  # noqa: S311  # the same work in every run
    pipeline = Pipeline(Services(Settings.from_env()))
    while True:
        on, part = day(chosen.randint(1, 3)), chosen.choice("ab")
        if chosen.random() < 1 / 3:
            pipeline.deliver("customers", on, customers(chosen), part=part)
        else:
            pipeline.deliver("orders", on, orders(chosen), part=part)
        pipeline.fill(on)


def customers(chosen: random.Random) -> bytes:
    """Some move, and no country loses all of its customers, which its cache would not follow unasked."""
    stays = dict(zip((1, 2, 3), COUNTRIES, strict=True))
    ids = [*stays, *chosen.sample(range(4, 9), 3)]
    rows = [f"{number},name {number},{stays.get(number) or chosen.choice(COUNTRIES)}" for number in ids]
    return "\n".join(["customer_id,customer_name,country", *rows, ""]).encode()


def orders(chosen: random.Random) -> bytes:
    """Some repeat, some name nobody; one line is broken and one unreadable, as much as the feed tolerates of 200."""
    good = ["{0},{1},2024-01-01,{2}.00", "{0},{1},2024-01-01,{2}.50", "{0},{1},2023-12-31,{2}.25"]
    kinds = [*chosen.choices(good, k=198), "{0},{1},2024-02-30,{2}.00", "{0}"]
    chosen.shuffle(kinds)
    rows = [kind.format(chosen.randint(1, 399), chosen.randint(1, 10), chosen.randint(0, 99)) for kind in kinds]
    return "\n".join(["order_id,customer_id,order_date,amount", *rows, ""]).encode()


def main() -> None:
    for line in sys.stdin:
        worker = os.fork()
        if worker == 0:
            work(int(line))
        print(worker, flush=True)
        os.waitpid(worker, 0)


if __name__ == "__main__":
    main()

"""Deliveries of which any mixture can be seen: all orders of a file cost the same, its generation.

Every day of DAYS has one order of each customer. So at any moment, in every table and in Redis, what belongs together
says one number, and there is a known amount of it.

Belongs here: delivering, and what must be there in the end, by arithmetic alone.
Not here: what a reader may see meanwhile (`reader.py`), what goes wrong (the tests beside this module).
"""

from dataclasses import dataclass, field

from acme_assets_tests.support.days import settle
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.services import Services

DAYS = (1, 2, 3)
COUNTRIES = ("Chad", "Fiji", "Iran", "Peru")
#: of each country
CUSTOMERS = 10
EVERYBODY = len(COUNTRIES) * CUSTOMERS


@dataclass
class Deliveries:
    """What was delivered last of each day, and ever."""

    services: Services
    generations: dict[int, int] = field(default_factory=dict)
    ever: dict[int, set[int]] = field(default_factory=dict)

    def deliver(self, number: int, generation: int) -> None:
        """Customers with the first day, and the orders of the day at the price of the generation."""
        pipeline = Pipeline(self.services)
        if not self.generations:
            settle(self.services, pipeline.deliver("customers", day(number), _customers()))
        settle(self.services, pipeline.deliver("orders", day(number), _orders(number, generation)))
        self.generations[number] = generation
        self.ever.setdefault(number, set()).add(generation)

    def possible(self) -> set[str]:
        """What a country may ever have spent, as Redis says it."""
        sums = {0}
        for on in DAYS:
            sums = {so_far + price for so_far in sums for price in self.ever[on]}
        return {f"{amount * CUSTOMERS}.00" for amount in sums}

    def truth(self) -> dict[str, object]:
        """What every place must hold in the end."""
        spent = {on: sum(self.generations[one] for one in DAYS if one <= on) for on in DAYS}
        last = {"users_counts": str(CUSTOMERS), "order_amount": f"{spent[DAYS[-1]] * CUSTOMERS}.00"}
        return {
            "raw": [(on, EVERYBODY, self.generations[on] * EVERYBODY) for on in DAYS],
            "staging": [(on, EVERYBODY, self.generations[on] * EVERYBODY) for on in DAYS],
            "customers": [(on, EVERYBODY, spent[on] * EVERYBODY) for on in DAYS],
            "countries": [(on, len(COUNTRIES), spent[on] * EVERYBODY) for on in DAYS],
            "redis": {f"country:{country}": last for country in COUNTRIES},
        }

    def found(self) -> dict[str, object]:
        """What every place holds, in the words of `truth`."""
        pipeline = Pipeline(self.services)
        asked = {
            "raw": "select day, order_id, amount::numeric as amount from raw.sales_orders",
            "staging": "select day, order_id, amount from staging.sales_orders",
            "customers": "select day, customer_id, order_amount as amount from analytics.customer_orders",
            "countries": "select day, country, order_amount as amount from analytics.sales_by_country",
        }
        sums = "select day, count(*) as rows, sum(amount)::int as amount from ({}) as one group by day order by day"
        summed = {place: pipeline.ask(sums.format(rows)) for place, rows in asked.items()}
        tables = {
            place: [(row["day"].day, row["rows"], row["amount"]) for row in rows] for place, rows in summed.items()
        }
        return {**tables, "redis": pipeline.hashes()}


def _customers() -> str:
    lines = [f"{number} | name {number} | {COUNTRIES[number % len(COUNTRIES)]}" for number in range(1, EVERYBODY + 1)]
    return "\n".join(["customer_id | customer_name | country", *lines])


def _orders(on: int, generation: int) -> str:
    lines = [f"{on * 1000 + one} | {one} | {day(on)} | {generation}.00" for one in range(1, EVERYBODY + 1)]
    return "\n".join(["order_id | customer_id | order_date | amount", *lines])

"""The interactions feed: a file of clicks on products a day, down to what each user did, in Redis."""

from acme_platform.model.table import Feed, Patience, Rhythm, analytics, cache, raw, staging
from acme_platform.model.tolerance import Tolerance

FEED = Feed(
    name="interactions",
    description="Interactions of users with products, a CSV file a day.",
    owner="team:web",
    patience=Patience(retries=2, seconds=60),
    # A row with any field missing is rejected, and pages that are left early send such rows all the time: three of ten
    # in the sample that ACME calls good. More than half is no such habit.
    tolerance=Tolerance(share=0.5, rows=1_000_000),
    rhythms=(Rhythm("daily", "0 6 * * *"),),
    tables=(
        raw("interactions", delivered="interactions"),
        staging("interactions", should=["interactions_not_from_the_future"]),
        analytics("interaction_counts", must=["interaction_counts_hold_every_interaction"]),
        analytics("interactions_per_day", must=["interactions_per_day_hold_every_interaction"]),
        analytics("top_users", must=["top_users_are_the_top"]),
        analytics("top_products", must=["top_products_sum_to_interaction_counts"]),
        cache("user_interactions", keys="user:*:interactions"),
    ),
)

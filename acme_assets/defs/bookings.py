"""The bookings feed: companies, their users and the desks they book, full snapshots from three systems."""

from acme_platform.model.declared import accepted_values, relationships
from acme_platform.model.table import Feed, analytics, raw, staging
from acme_platform.model.tolerance import Tolerance

FEED = Feed(
    name="bookings",
    description="Desk bookings of companies and their users, as full snapshots.",
    owner="team:bookings",
    # Real deliveries of the three systems hold zones that do not exist, ends before starts, years of other centuries:
    # some in a hundred rows, in small ones four of eleven. More than half is another fault than theirs.
    tolerance=Tolerance(share=0.5, rows=100_000),
    tables=(
        raw("bookings_company", delivered="company"),
        raw("bookings_users", delivered="users"),
        raw("bookings_booking", delivered="booking"),
        staging(
            "bookings_company", keep="snapshot", quoted=True, should=[accepted_values("status", "active", "trial")]
        ),
        staging(
            "bookings_users",
            keep="snapshot",
            quoted=True,
            latest_by="created_at",
            should=[accepted_values("status", "active", "inactive", "deleted")],
        ),
        staging(
            "bookings_booking",
            keep="snapshot",
            quoted=True,
            should=[accepted_values("status", "completed", "cancelled", "editedByUser", "accepted", "running")],
        ),
        analytics(
            "bookings_monthly_headcount",
            must=["bookings_monthly_headcount_is_six_months", "bookings_monthly_headcount_agrees_with_bookings"],
            should=[
                relationships(
                    "staging.bookings_booking.user_id",
                    "staging.bookings_users.user_id",
                    name="bookings_of_unknown_users",
                    why="One that is not is counted all the same: nobody says that its user is a demo.",
                )
            ],
        ),
        analytics(
            "bookings_slow_starters",
            must=["bookings_slow_starters_are_users"],
            should=[
                relationships(
                    "staging.bookings_users.company_id",
                    "staging.bookings_company.company_id",
                    required=True,
                    name="bookings_users_of_unknown_companies",
                    why="A user without a company is in no company's number.",
                )
            ],
        ),
        analytics("bookings_rolling_7d", must=["bookings_rolling_7d_adds_up"]),
    ),
)

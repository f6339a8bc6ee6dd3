"""The bookings feed: companies, their users and the desks they book, full snapshots from three systems."""

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
        staging("bookings_company", keep="snapshot", quoted=True, should=["bookings_company_status_is_known"]),
        staging(
            "bookings_users",
            keep="snapshot",
            quoted=True,
            latest_by="created_at",
            should=["bookings_users_status_is_known"],
        ),
        staging("bookings_booking", keep="snapshot", quoted=True, should=["bookings_booking_status_is_known"]),
        analytics(
            "bookings_monthly_headcount",
            must=["bookings_monthly_headcount_is_six_months", "bookings_monthly_headcount_agrees_with_bookings"],
            should=["bookings_of_unknown_users"],
        ),
        analytics(
            "bookings_slow_starters",
            must=["bookings_slow_starters_are_users"],
            should=["bookings_users_of_unknown_companies"],
        ),
        analytics("bookings_rolling_7d", must=["bookings_rolling_7d_adds_up"]),
    ),
)

-- Every user as of the day works for a company that is known as of the day. One without a company is in no company's
-- number.
select
    users.user_id,
    users.company_id
from staging.bookings_users as users
where
    users.day <= %(day)s
    and (users.valid_to is null or users.valid_to > %(day)s)
    and not exists (
        select from staging.bookings_company as companies
        where
            companies.company_id = users.company_id
            and companies.day <= %(day)s
            and (companies.valid_to is null or companies.valid_to > %(day)s)
    );

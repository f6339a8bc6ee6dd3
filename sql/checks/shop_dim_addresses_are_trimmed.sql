-- No postal code is empty, begins or ends with a blank or something invisible, or is spelt with loose accents: a
-- customer's would not meet it.
select
    postal_code,
    country
from staging.shop_dim_addresses
where
    day = %(day)s
    and (
        postal_code = ''
        or left(postal_code, 1) || right(postal_code, 1)
        ~ '[\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180e\u2000-\u200f\u2028-\u202f]'
        or left(postal_code, 1) || right(postal_code, 1)
        ~ '[\u205f-\u206f\u2800\u3000\u3164\ufeff\uffa0\ufff9-\ufffb]'
        or normalize(postal_code) <> postal_code
    );

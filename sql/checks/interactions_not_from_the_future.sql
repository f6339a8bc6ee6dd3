-- An interaction delivered on a day happened on that day or before.
select
    interaction_id,
    interacted_on
from staging.interactions
where day = %(day)s and interacted_on > %(day)s;

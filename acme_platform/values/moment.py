r"""Moments: which texts are a time, in which zone, and what is said of the others.

Belongs here: the SQL that reads a `timestamp with time zone`, in the terms of `form.py`. Not here: which times are
plausible, which the tables' own checks say.

A time is a day, or a day and a time to the second with up to six decimals. Behind it stands nothing, which means UTC,
or a zone, after a blank or none: `UTC`, `GMT`, `Z`; an offset of at most 14 hours, which may follow `UTC` or `GMT`;
or a name of the tz database. PostgreSQL would read more, and otherwise than people mean it: `UTC+3` as three hours
behind UTC, which is how POSIX spells it, and `ABC3` as a zone. So it is shown nothing but what was recognised here.
"""

PHRASE = "a time like 2024-01-31 17:30:00.5 UTC"

#: Names of the tz database without a slash. `EST` and the like are names too, but people mean other zones by them.
COUNTRIES = (
    "Cuba Egypt Eire GB GB-Eire GMT0 Greenwich Hongkong Iceland Iran Israel Jamaica Japan Kwajalein Libya NZ NZ-CHAT"
    " Navajo Poland Portugal PRC ROC ROK Singapore Turkey UCT Universal W-SU Zulu"
)
ABBREVIATIONS = (
    "ACDT ACST ACT ADT AEDT AEST AKDT AKST AMT ART AST AWST BDT BNT BOT BRT BST CAT CDT CEST CET CLT COT CST CT CVT EAT"
    " ECT EDT EEST EET EST ET FJT GET GST HDT HKT HST ICT IDT IRST IST JST KGT KST MDT MEST MET MMT MSD MSK MST MT MYT"
    " NDT NPT NST NT NZDT NZST PDT PET PHT PKT PST PT PYT SAST SGT SST TRT UT UZT VET WAST WAT WEST WET WIB WIT WST"
)

FRACTION = r"^(\.\d{{1,6}})? ?"
HOURS = r"((0\d|1[0-3])(:?[0-5]\d)?|14(:?00)?)"
PLAIN = rf"{FRACTION}(UTC|GMT|Z)?$"
OFFSET = rf"{FRACTION}((UTC|GMT)?[+-]{HOURS}|(UTC|GMT)[+-]\d(:[0-5]\d)?)$"
# A name that has no digit is none of POSIX' rules, all of which end with an offset.
NAMED = (
    rf"{FRACTION}((?!posix/|right/)[a-z]+([_-][a-z]+)*(/[a-z]+([_-][a-z]+)*)+"
    rf"|Etc/GMT(0|\+(\d|1[0-2])|-(\d|1[0-4]))|{COUNTRIES.replace(' ', '|')})$"
)
AMBIGUOUS = rf"{FRACTION}({ABBREVIATIONS.replace(' ', '|')})$"
OF_SOME_ZONE = rf"{FRACTION}[^ .\d]"

REST = "substr({value}, 20)"
#: what a clock there shows, and in which zone, once it is known that both stand there
SHOWN = r"(left({value}, 19) || coalesce(substring({value} from '^.{{19}}(\.\d+)'), ''))::timestamp"
ZONE = rf"regexp_replace({REST}, '{FRACTION}', '')"
INSTANTS = f"reference.instants({SHOWN}, {ZONE})"

#: PostgreSQL also reads 24:00:00 and a 60th second, and prints them otherwise
IS_CLOCK = (
    "case when {value} like '____-__-__ __:__:__%%' and pg_input_is_valid(left({value}, 19), 'timestamp')"
    " then left({value}, 19)::timestamp::text = left({value}, 19) else false end"
)
IS_DAY = "case when pg_input_is_valid({value}, 'date') then {value}::date::text = {value} else false end"
#: a name that has the form of one, and that PostgreSQL's tz database has
IS_NAMED = f"case when {REST} ~* '{NAMED}' then pg_input_is_valid({{value}}, 'timestamptz') else false end"

READING = (
    f"case when {IS_CLOCK} then"
    f" case when {REST} ~* '{PLAIN}' then {{value}}::timestamptz"
    f" when {REST} ~* '{OFFSET}'"
    f"  then (left({{value}}, 19) || regexp_replace({REST}, '[ a-z]', '', 'gi'))::timestamptz"
    f" when {IS_NAMED} then case when cardinality({INSTANTS}) = 1 then ({INSTANTS})[1] end end"
    f" when {{value}} like '____-__-__' then case when {IS_DAY} then {{value}}::timestamptz end end"
)
CLOSER = (
    f"case when not ({IS_CLOCK}) then null"
    f" when {REST} ~* '{AMBIGUOUS}' then 'has an ambiguous zone, an abbreviation'"
    f" when {IS_NAMED} then case when cardinality({INSTANTS}) = 0"
    "  then 'is left out in its zone, where clocks are set forward' else 'comes twice in its zone,"
    " where clocks are set back' end"
    f" when {REST} ~ '{OF_SOME_ZONE}' then 'has a zone that does not exist' end"
)

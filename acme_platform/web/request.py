"""A request as a question: its name, its day and its parameters.

Belongs here: reading an address. Not here: whether the question takes what it says (`serving/question.py`).
"""

from collections import Counter

from starlette.requests import Request

from acme_platform.day import parse_day
from acme_platform.errors import UsageError
from acme_platform.serving.question import question
from acme_platform.web.answers import Asked


def asked(request: Request) -> Asked:
    """What is empty was not given: a form sends each of its fields. Raises UsageError."""
    wanted = question(request.path_params["name"])
    pairs = request.query_params.multi_items()
    if twice := [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]:
        raise UsageError(f"{twice[0]} is given more than once", "give it once")
    given = {name: value for name, value in pairs if value}
    day = given.pop("day", None)
    return Asked(wanted, parse_day(day) if day else None, given)

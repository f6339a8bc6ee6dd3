"""Refusals: what a failure is to whoever asked: a status, a sentence and what to do.

Belongs here: choosing words that may be shown to anybody. Not here: how they look (`pages.py`, `api.py`).

What the database says may name hosts and roles: it goes to the log, and never to a page.
"""

import os
import sys
import traceback
from dataclasses import dataclass
from http import HTTPStatus

import psycopg2

from acme_platform.config.secret import scrub, without_secrets
from acme_platform.errors import AcmeError, MendInput, TryAgain, UsageError
from acme_platform.ledger.filled_days import NeverFilled
from acme_platform.serving.question import UnknownQuestion
from acme_platform.warehouse.written_sql import WrongSql
from acme_platform.web.answers import Busy

#: seconds after which it is worth asking again
RETRY_AFTER = 5


@dataclass(frozen=True)
class Refusal:
    """What is said instead of an answer."""

    status: int
    message: str
    next_step: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(RETRY_AFTER)} if self.status == HTTPStatus.SERVICE_UNAVAILABLE else {}


def refusal(error: Exception) -> Refusal:
    """The words for it; what is not the asker's fault is also written to the log."""
    if isinstance(error, UsageError):
        missing = isinstance(error, UnknownQuestion | NeverFilled)
        return Refusal(HTTPStatus.NOT_FOUND if missing else HTTPStatus.BAD_REQUEST, error.message, error.next_step)
    if isinstance(error, Busy):
        return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, error.message, error.next_step)
    _log(error)
    return _of_ours(error)


def _of_ours(error: Exception) -> Refusal:
    if isinstance(error.__cause__, psycopg2.errors.QueryCanceled):
        why, mend = "the answer took too long", "ask for less, or on a terminal: acme query"
        return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, why, mend)
    if isinstance(error, TryAgain):
        why, mend = "the warehouse does not answer just now", "ask again in a minute; acme doctor says why"
        return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, why, mend)
    if isinstance(error, WrongSql):
        why, mend = "the SQL of this question fails", "acme query says why, and so does the log of acme serve"
        return Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, why, mend)
    if isinstance(error, MendInput) and not isinstance(error.__cause__, psycopg2.Error):
        # of a file of the company's, most likely
        return Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, scrub(error.message, os.environ), error.next_step)
    if isinstance(error, MendInput):
        why, mend = "the warehouse refuses this question", "start acme serve anew; its log says why"
        return Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, why, mend)
    why, mend = "this is a bug of the platform", "please report it with the log of acme serve"
    return Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, why, mend)


def _log(error: Exception) -> None:
    """To standard error: a line of what was raised on purpose, all of what was not."""
    if isinstance(error, AcmeError):
        print(scrub(error.message, os.environ), file=sys.stderr, flush=True)
    else:
        print(without_secrets("".join(traceback.format_exception(error)), os.environ), file=sys.stderr, flush=True)

"""The reader: the role that `acme serve` asks the warehouse as, and that it can read what it needs and cannot write.

Belongs here: who it is, and refusing a wrong one. Not here: what it may read (`grants.py`), making the role of the
embedded server (`embedded/bootstrap.py`), asking (`answers.py`).

With ACME_SERVE_URL nothing else is known of the warehouse: `acme migrate` has granted, where its owner is known. The
embedded server is granted at each start, for everybody there is its owner.
"""

from psycopg2.extensions import parse_dsn

from acme_platform import embedded
from acme_platform.cursor import Cursor
from acme_platform.embedded.bootstrap import READER
from acme_platform.errors import MendInput
from acme_platform.services import Services
from acme_platform.warehouse.connection import Warehouse, address
from acme_platform.web.grants import grant, missing, schemas

#: of what cannot be read, so many are named
NAMED = 3
WRITABLE = (
    "select count(*) from pg_class join pg_namespace on pg_namespace.oid = relnamespace where nspname = any(%s)"
    " and relkind in ('r', 'p') and not relispartition"
    " and has_table_privilege(pg_class.oid, 'insert, update, delete, truncate')"
)


def open_reader(services: Services) -> Warehouse:
    """The warehouse as its reader.

    Raises MendInput where there is no such role, and where it cannot read, or could write.
    """
    url = services.settings.serve_url or _embedded(services)
    reader = Warehouse(url)
    try:
        with reader.transaction("acme serve") as cursor:
            cursor.execute("select current_user")
            ((role,),) = cursor.fetchall()
    except MendInput as error:
        raise MendInput(str(error.message), create(role_of(url), reader.address)) from error
    with reader.transaction("acme serve") as cursor:
        _refuse_unfit(cursor, role, reader.address)
    return reader


def grant_reader(owner: Warehouse, url: str) -> str:
    """Let the role of the URL read what it needs; returns its name. Raises MendInput where there is no such role."""
    role = role_of(url)
    with owner.transaction("acme migrate") as cursor:
        cursor.execute("select from pg_roles where rolname = %s", (role,))
        if not cursor.fetchall():
            raise MendInput(f"the role {role} of ACME_SERVE_URL is not there", create(role, owner.address))
        grant(cursor, role)
    return role


def role_of(url: str) -> str:
    return str(parse_dsn(url).get("user", READER))


def create(role: str, at: str) -> str:
    """As text for a person to type."""
    database = at.rpartition("/")[2]
    made = f"create role {role} login password '…'; grant connect on database {database} to {role};"
    return f"as the superuser: {made} and then acme migrate"


def _embedded(services: Services) -> str:
    """Granted by its owner, whom everybody knows there."""
    if url := services.settings.warehouse_url:
        at = address(url)
        raise MendInput(
            "acme serve reads the warehouse as a role of its own, and nobody said which: ACME_SERVE_URL is not set",
            f"set ACME_SERVE_URL like postgresql://{READER}:password@{at}; {create(READER, at)}",
        )
    url, owner = embedded.reader_url(services.settings), services.open_warehouse()
    with owner.transaction("acme serve") as cursor:
        grant(cursor, READER)
    owner.close()
    return url


def _refuse_unfit(cursor: Cursor, role: str, at: str) -> None:
    """Whoever set the URL may have named the owner, or a superuser."""
    cursor.execute(WRITABLE, ([*schemas(), "ledger"],))
    ((writable,),) = cursor.fetchall()
    if writable:
        raise MendInput(
            f"acme serve reads as a role that cannot write, and {role} of ACME_SERVE_URL can",
            f"name another role in ACME_SERVE_URL; {create(READER, at)}",
        )
    if lacking := missing(cursor, role):
        more = f" and {len(lacking) - NAMED} more" if lacking[NAMED:] else ""
        raise MendInput(
            f"{role} of ACME_SERVE_URL cannot read {', '.join(lacking[:NAMED])}{more}",
            "acme migrate, where ACME_WAREHOUSE_URL is set to its owner, and ACME_SERVE_URL as here",
        )

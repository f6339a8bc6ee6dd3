"""Databases and roles of the embedded PostgreSQL: what makes them, and who is let in where.

One server holds the databases `warehouse` and `dagster`. Their owner `acme` is no superuser; the superuser has no
password and is let in nowhere, so that a query gone astray cannot read files or start programs. The role `acme_reader`
reads answers for `acme serve`; what it may read is granted there (`web/reader.py`). Further databases
stand in for the sources of a company, as many as it declares: each has an owner who writes, and a reader who may only
read and see for how long transactions have been open.

Belongs here: text for the server. Not here: when it is run (`postgresql.py`), what is in the databases.
"""

import re
from collections.abc import Sequence

from acme_platform.embedded.keeping.record import LOOPBACK
from acme_platform.errors import MendInput
from acme_platform.model.company import StandIn

ROLE, SUPERUSER = "acme", "postgres"
#: who answers questions to others: it may only read
READER = "acme_reader"
OF_READER = [f"create role {READER} login", f"alter role {READER} set default_transaction_read_only = on"]
WAREHOUSE, DAGSTER = "warehouse", "dagster"


def access(stand_ins: Sequence[StandIn]) -> str:
    """Who is let in: the platform everywhere, its reader to the warehouse, those of a stand-in to it alone."""
    whom = [
        ("all", ROLE),
        (WAREHOUSE, READER),
        *((stand_in.database, f"{stand_in.owner},{stand_in.reader}") for stand_in in stand_ins),
    ]
    return "".join(f"host {database} {who} {LOOPBACK}/32 scram-sha-256\n" for database, who in whom)


def bootstrap(stand_ins: Sequence[StandIn]) -> str:
    """What makes the databases and roles.

    What is there already is passed over, so that a home of an older version, or of fewer stand-ins, gets what that one
    lacked, and one whose start was killed gets the rest. What is missing at the end is an error.
    """
    owners = {WAREHOUSE: ROLE, DAGSTER: ROLE}
    _check_names(stand_ins)
    lines = [f"create role {ROLE} login createdb", *OF_READER]
    for stand_in in stand_ins:
        owners[stand_in.database] = stand_in.owner
        lines += of_stand_in(stand_in)
    lines += [f"create database {database}" for database in owners]
    lines += ["set exit_on_error = on"]
    lines += [f"alter database {database} owner to {owner}" for database, owner in owners.items()]
    return "".join(f"{line}\n" for line in lines)


def of_stand_in(stand_in: StandIn) -> list[str]:
    """Its roles."""
    return [
        f"create role {stand_in.owner} login",
        f"create role {stand_in.reader} login in role pg_read_all_stats",
        f"alter role {stand_in.reader} set default_transaction_read_only = on",
    ]


def _check_names(stand_ins: Sequence[StandIn]) -> None:
    """The superuser makes them: what is no plain name, or somebody's already, would do something else."""
    named = [name for stand_in in stand_ins for name in (stand_in.database, stand_in.owner, stand_in.reader)]
    taken = {ROLE, READER, WAREHOUSE, DAGSTER, SUPERUSER}
    for name in named:
        if not re.fullmatch("[a-z][a-z0-9_]{0,62}", name) or name in taken or named.count(name) > 1:
            raise MendInput(
                f"a stand-in of the company names a database or role {name!r}, which is no name of its own",
                "give it one in small letters, digits and _",
            )


def roles(stand_ins: Sequence[StandIn]) -> list[str]:
    """All that have a password."""
    return [ROLE, READER, *(role for stand_in in stand_ins for role in (stand_in.owner, stand_in.reader))]

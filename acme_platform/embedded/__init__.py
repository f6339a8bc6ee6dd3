"""The embedded servers: PostgreSQL and Valkey under ACME_HOME, started when a command needs them.

Each server has a *keeper*, a small detached process that owns it. Commands are *users*: they hold a lock that the
kernel drops when they end, in whatever way, and the keeper stops its server a minute after the last one left.

    user.py        a command: holds the lock, learns the addresses
    arrival.py     one server on its way up: starts a keeper when none lives, tells of its failure
    keeper.py      the process: starts the server, starts it again when it dies, stops it when nobody is left
    place.py       the folder of one server: its files and locks
    log.py         what one server says
    record.py      port, password and process of one server, true while locked
    server.py      what a keeper must know of a server; postgresql.py and valkey.py say it
    bootstrap.py   databases and roles of PostgreSQL: the platform's, and what stands in for a company's sources
    account.py     as whom servers run, for root too
    child.py       starting, finding and ending processes of a server

Not here: anything that speaks SQL or Redis to a server that is up.
"""

from acme_platform.embedded.addresses import Addresses, StandInAddresses
from acme_platform.embedded.state import ServerState, states
from acme_platform.embedded.user import attach, engine, reader_url, release, running, stand_in, stop

__all__ = [
    "Addresses",
    "ServerState",
    "StandInAddresses",
    "attach",
    "engine",
    "reader_url",
    "release",
    "running",
    "stand_in",
    "states",
    "stop",
]

"""The entry of a keeper's process: `python -m acme_platform.embedded.keeper_main HOME NAME`.

Standard output is the ear of the command that started it: closed in silence when the server is ready or another keeper
lives, or after one line that says why there will be no server. The log is standard error.
"""

import logging
import os
import sys
from pathlib import Path

from acme_platform.embedded.keeping.failure import write_error
from acme_platform.embedded.keeping.keeper import LINGER, Keeper
from acme_platform.embedded.keeping.place import Place
from acme_platform.embedded.keeping.server import Server
from acme_platform.embedded.postgresql import POSTGRESQL
from acme_platform.embedded.sail import SAIL
from acme_platform.embedded.valkey import VALKEY
from acme_platform.errors import AcmeError, MendInput, OurBug

SERVERS: dict[str, Server] = {server.name: server for server in (POSTGRESQL, VALKEY, SAIL)}


def main(home: str, name: str, linger: float = LINGER) -> None:
    # detached: the command that started it has no child to wait for
    if os.fork():
        os._exit(0)
    logging.basicConfig(format="%(asctime)s [%(process)d] %(message)s", level=logging.INFO)
    place = Place(Path(home) / name)
    try:
        with place.keeping() as lock:
            if lock is not None:
                Keeper(SERVERS[name], place, lock, _hush, linger).run()
    except AcmeError as error:
        _fail(error)
    except OSError as error:
        _fail(
            MendInput(
                f"{name} cannot be kept in {place.folder}: {error}", "mend what it names, then run the command again"
            )
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, the waiting command must be told
        _fail(OurBug(f"the keeper of {name} failed with {error!r}", f"please report it with {place.keeper_log}"))


def _hush() -> None:
    """Close the ear: the server is ready."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)


def _fail(error: AcmeError) -> None:
    logging.getLogger(__name__).error("%s", error, exc_info=error)
    write_error(error, sys.stdout)
    sys.exit(1)


if __name__ == "__main__":
    main(home=sys.argv[1], name=sys.argv[2])

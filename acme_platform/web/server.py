"""The server: it listens, and ends within a second.

Belongs here: uvicorn. Not here: what it serves (`application.py`).
"""

import socket
from types import FrameType

import uvicorn

from acme_platform.deployment.entrance.request_limit import server_options
from acme_platform.errors import MendInput
from acme_platform.web.answers import Answers
from acme_platform.web.door import Door

#: connections at the same time; what comes beyond is told to come back
CONNECTIONS = 200


class Server(uvicorn.Server):
    """Told to end, it ends what is being asked: a thread that waits for the warehouse hears nothing else."""

    def __init__(self, config: uvicorn.Config, answers: Answers) -> None:
        super().__init__(config)
        self._answers = answers

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._answers.end()
        super().handle_exit(sig, frame)


def server(app: Door, answers: Answers) -> Server:
    """Requests have no bodies here (`door.py`), and what fails is told by the application."""
    bounds = server_options(0) | {"timeout_graceful_shutdown": 0, "limit_concurrency": CONNECTIONS}
    config = uvicorn.Config(app, lifespan="off", ws="none", log_level="critical", server_header=False, **bounds)
    return Server(config, answers)


def listening(host: str, port: int) -> socket.socket:
    """A socket that takes connections from now on; raises MendInput where it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=CONNECTIONS)
    except OSError as error:
        raise MendInput(
            f"port {port} of {host} cannot be had: {error.strerror}", "stop what listens there, or: acme serve --port …"
        ) from error

"""The guard: Dagster's webserver behind a door that opens to its own pages only.

Belongs here: which requests are turned away, and why. Not here: logins, which a reverse proxy does.

Dagster's UI has no login and does not ask where a request comes from. It takes a mutation by GET, from any page that a
browser of this machine has open, and under any name that a foreign DNS server points to 127.0.0.1. So any page on the
web could start runs here. It is started with the same words as `dagster-webserver`:

    python -m acme_platform.deployment.webserver_guard --workspace workspace.yaml --host 127.0.0.1 --port 3000
"""

import sys
from collections.abc import Collection
from functools import partial
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import uvicorn
from graphql import GraphQLSyntaxError, OperationDefinitionNode, OperationType, parse
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from acme_platform.config.settings import Settings
from acme_platform.deployment.entrance.own_host import foreign
from acme_platform.deployment.entrance.request_limit import Limits, server_options
from acme_platform.errors import AcmeError


class Guard:
    """An ASGI application in front of another one; `names` are the hosts that it is reached by, besides the loopback's.

    A request that a browser makes for a foreign page names that page as its origin, except by GET; there nothing but
    reading is allowed, and what is read the browser keeps from the page.
    """

    def __init__(self, app: ASGIApp, names: Collection[str] = ()) -> None:
        self._app, self._names = app, frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = "" if scope["type"] == "lifespan" else self._refusal(HTTPConnection(scope))
        answer = PlainTextResponse(f"refused: {refusal}\n", 403) if refusal else self._app
        await answer(scope, receive, send)

    def _refusal(self, request: HTTPConnection) -> str:
        """Why the request is turned away; empty when it is not."""
        if why := foreign(request, self._names):
            return why
        if request.scope.get("method") == "GET" and any(map(_mutates, request.query_params.getlist("query"))):
            return "a mutation by GET"
        return ""


def _mutates(query: str) -> bool:
    """What cannot be read Dagster refuses by the same parser."""
    try:
        definitions = parse(query).definitions
    except GraphQLSyntaxError:
        return False
    operations = (definition.operation for definition in definitions if isinstance(definition, OperationDefinitionNode))
    return OperationType.MUTATION in operations


def main() -> None:
    """`dagster-webserver` with the guard in front: its command line makes the application by one function."""
    try:
        settings = Settings.from_env()
    except AcmeError as error:
        sys.exit(str(error))
    cli: Any = import_module("dagster_webserver.cli")
    made, most = cli.create_app_from_workspace_process_context, settings.ui_max_body_kb * 1000
    cli.create_app_from_workspace_process_context = lambda *args, **named: Guard(
        Limits(made(*args, **named), most), settings.ui_hosts
    )
    cli.uvicorn = SimpleNamespace(run=partial(uvicorn.run, **server_options(most)))
    cli.main()


if __name__ == "__main__":
    main()

"""What `acme up` runs beside Dagster: some life for what stands in for a source, and the questions in the browser.

Belongs here: which programs these are, and why one is left out. Not here: running them (`deployment/processes.py`).
"""

from acme_platform.cli.service.serve import LOOPBACK
from acme_platform.cli.terminal import console
from acme_platform.config.settings import Settings
from acme_platform.model.company import company

#: name of the process
QUESTIONS = "questions"

#: name -> program and its arguments
Programs = dict[str, list[str]]


def programs(settings: Settings) -> Programs:
    """Raises when the server of a stand-in cannot have it."""
    return _lives(settings) | questions(settings)


def _lives(settings: Settings) -> Programs:
    from acme_platform.embedded import stand_in  # noqa: PLC0415  # psycopg2 stands behind it

    lives: Programs = {}
    for source in company().sources:
        if (plays := source.stand_in) and not settings.source(source.name).url:
            stand_in(settings, plays)
            lives |= {f"{source.name}-generator": ["python", "-m", plays.life]} if plays.life else {}
    return lives


def questions(settings: Settings) -> Programs:
    """`acme serve`, unless it is left out, or cannot be: then the platform goes on without it."""
    if not settings.serve_port:
        return {}
    if why := _why_not(settings):
        console.warn(f"questions are not answered in the browser: {why}")
        return {}
    return {QUESTIONS: ["acme", "serve", "--port", str(settings.serve_port)]}


def _why_not(settings: Settings) -> str:
    from acme_platform.deployment.processes import taken  # noqa: PLC0415  # the UI's, which only `acme up` needs

    if settings.warehouse_url and not settings.serve_url:
        return "ACME_SERVE_URL is not set; acme serve says what it should be"
    if taken(settings.serve_port):
        return f"port {settings.serve_port} of {LOOPBACK} is taken; ACME_SERVE_PORT names another one"
    return ""

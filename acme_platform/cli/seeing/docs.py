"""`acme docs`: pages about everything, in one folder."""

from pathlib import Path
from typing import Annotated

import typer

from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command
from acme_platform.config.settings import Settings


def docs(
    to: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where they go.", show_default="docs below ACME_HOME")
    ] = None,
) -> None:
    """Write pages about every feed, table and question: what they mean, how they stand, and the newest answers.

    The folder opens from disk, without a server and without the network, and can be sent or put on any web server. It
    holds answers and rejected rows' reasons, so give it to whom you would give those.
    """
    # every feed's SQL is parsed to know its tables, which `acme --help` need not wait for
    from acme_platform.rendering import drawing  # noqa: PLC0415
    from acme_platform.services import Services  # noqa: PLC0415
    from acme_platform.site import answers, facts, folder, pages  # noqa: PLC0415

    settings = Settings.from_env()
    target = (to or settings.home / "docs").resolve()
    folder.refuse_foreign(target)
    services = Services(settings)
    with console.telling() as tell:
        tell("looking at every table")
        found = facts.facts(services)
        tell("asking every question")
        answered = answers.answered(services)
        tell("drawing and writing the pages")
        folder.replace(target, pages.pages(found, answered))
    if not drawing.can_draw():
        console.warn(f"without pictures: {drawing.MISSING}\n  next: {drawing.INSTALL}")
    counted = [(len(found.feeds), "feed"), (len(found.tables), "table"), (len(answered), "question")]
    console.say(f"{', '.join(console.count(number, noun) for number, noun in counted)}: {target / 'index.html'}")


COMMAND = Command(docs, examples=("acme docs", "acme docs --to public"))

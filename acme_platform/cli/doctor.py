"""`acme doctor`: what is wrong here, and the command that mends it.

Belongs here: how the report looks. Not here: what is looked at (`acme_platform/monitoring/doctor/`).
"""

import os
from typing import Annotated

import typer

from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command, one_of


def doctor(
    form: Annotated[console.Format, one_of(console.Format)] = console.Format.TABLE,
) -> None:
    """Look at settings, servers, disk, sensors and days; say what is wrong and which command mends it.

    Nothing is changed but that the embedded servers are started, and no password is shown. The exit code is 1 if
    anything is bad.
    """
    # Dagster takes half a second to import
    from acme_platform.monitoring.doctor import Level, examine  # noqa: PLC0415

    findings = list(examine(dict(os.environ)))
    rows = [(finding.level.value, finding.subject, finding.said, finding.mend) for finding in findings]
    console.show(("level", "what", "found", "next"), rows, form)
    bad, warn = (sum(finding.level is level for finding in findings) for level in (Level.BAD, Level.WARN))
    if form is console.Format.TABLE:
        console.say(f"{bad} bad, {warn} worth a look, {len(findings) - bad - warn} well")
    if bad:
        raise typer.Exit(1)


COMMAND = Command(doctor, examples=("acme doctor", "acme doctor --format json"))

"""What the doctor says, asked as tests ask it.

Belongs here: asking. Not here: what is broken (`test_doctor.py`, `test_doctor_days.py`).
"""

from acme_platform.monitoring.doctor import Finding, Level, examine

Environ = dict[str, str]


def about(what: str, environ: Environ) -> list[Finding]:
    """Everything that the doctor says of it."""
    return [finding for finding in examine(environ) if what in finding.subject]


def only(what: str, environ: Environ) -> Finding:
    (finding,) = about(what, environ)
    return finding


def finance(environ: Environ) -> Finding:
    """Whether that source can be read."""
    (finding,) = [finding for finding in examine(environ) if finding.subject == "source finance"]
    return finding


def badly(environ: Environ) -> set[str]:
    """What is bad."""
    return {finding.subject for finding in examine(environ) if finding.level is Level.BAD}

"""Texts: what an engine asks of us, because it lacks it.

Belongs here: functions that run in the engine's own Python. Not here: when they are called (`dialect.py`).
"""

import unicodedata


def composed(text: str | None) -> str | None:
    """PostgreSQL's `normalize`, which Spark lacks: Unicode's composed form. Few texts need it: those beyond ASCII."""
    return text if text is None or text.isascii() else unicodedata.normalize("NFC", text)

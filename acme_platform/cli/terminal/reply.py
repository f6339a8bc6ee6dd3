"""Replies of a Redis server as text, in the two ways of redis-cli: for reading, and raw for programs.

Belongs here: replies of the protocol's second version (bytes, integers, lists, errors, nothing) to text.
"""

#: The protocol's client drops the mark that tells a status from a string; these are the statuses people meet.
STATUSES = (b"OK", b"PONG", b"QUEUED")

Reply = bytes | int | None | Exception | list["Reply"]


def readable(reply: Reply, indent: str = "") -> str:
    """With types and numbering: `(integer) 1`, `"text"`, `(nil)`, `1) …`."""
    match reply:
        case None:
            return "(nil)"
        case int():
            return f"(integer) {reply}"
        case bytes():
            return reply.decode() if reply in STATUSES else _quoted(reply)
        case list():
            return _numbered(reply, indent) if reply else "(empty array)"
    return f"(error) {reply}"


def raw(reply: Reply) -> bytes:
    """The bytes themselves, one value a line; nothing is an empty line."""
    match reply:
        case None:
            return b""
        case bytes():
            return reply
        case list():
            return b"\n".join(map(raw, reply))
    return str(reply).encode()


def _numbered(replies: list[Reply], indent: str) -> str:
    width = len(str(len(replies)))
    inner = indent + " " * (width + 2)
    lines = [f"{n:>{width}}) {readable(reply, inner)}" for n, reply in enumerate(replies, start=1)]
    return f"\n{indent}".join(lines)


def _quoted(text: bytes) -> str:
    """In double quotes, with escapes for what is not printable ASCII."""
    escaped = repr(b'"' + text)[3:-1].replace("\\'", "'").replace('"', '\\"')
    return f'"{escaped}"'

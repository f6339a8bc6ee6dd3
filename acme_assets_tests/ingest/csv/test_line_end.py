"""Line ends that are none: called by their name, with a command that mends the file."""

import gzip
import io
import shutil
import subprocess
from pathlib import Path

import pytest

from acme_platform.errors import RefusedFile
from acme_platform.ingest.csv.compression import decompressed
from acme_platform.ingest.csv.screen import Screen
from acme_platform.model.tolerance import USUAL

LINES = ["a,b", *(f"{n},{n * n}" for n in range(1, 50))]
PLAIN = "".join(f"{line}\n" for line in LINES[1:]).encode()


def screened(content: bytes, key: str) -> bytes:
    stream = decompressed(io.BytesIO(content), key)
    screen = Screen(stream, file=key, columns=["a", "b"], marker=b"M", reject=lambda _: None, tolerance=USUAL)
    return b"".join(iter(lambda: screen.read(1 << 18), b""))


@pytest.mark.parametrize(
    ("ends", "name", "command"),
    [
        pytest.param(("\r\r\n", "\r\r\n"), "CR CR LF", r"sed 's/\r*$//'", id="CR CR LF"),
        pytest.param(("\r\r\r\n", "\r\r\r\n"), "CR CR LF", r"sed 's/\r*$//'", id="CR CR CR LF"),
        pytest.param(("\r\n", "\r\r\n"), "CR CR LF", r"sed 's/\r*$//'", id="CR CR LF behind a header of CR LF"),
        pytest.param(("\n", "\r\r\n"), "CR CR LF", r"sed 's/\r*$//'", id="CR CR LF behind a header of LF"),
        pytest.param(("\n\r", "\n\r"), "LF CR", r"tr -d '\r'", id="LF CR"),
        pytest.param(("\n", "\r"), "CR here and LF there", r"tr '\r' '\n'", id="CR behind a header of LF"),
        pytest.param(("\r", "\n"), "CR here and LF there", r"tr '\r' '\n'", id="LF behind a header of CR"),
        pytest.param(("\x85", "\x85"), "U+0085", r"LC_ALL=C sed 's/\xc2\x85/\n/g'", id="NEL"),
        pytest.param(("\u2028", "\u2028"), "U+2028", r"LC_ALL=C sed 's/\xe2\x80\xa8/\n/g'", id="line separator"),
        pytest.param(("\u2029", "\u2029"), "U+2029", r"LC_ALL=C sed 's/\xe2\x80\xa9/\n/g'", id="paragraph separator"),
    ],
)
@pytest.mark.parametrize("key", ["f.csv", "f.csv.gz"])
def test_odd_line_ends_are_called_by_their_name_and_the_command_mends_them(
    tmp_path: Path, key: str, ends: tuple[str, str], name: str, command: str
) -> None:
    text = LINES[0] + ends[0] + "".join(line + ends[1] for line in LINES[1:])
    content = text.encode() if key == "f.csv" else gzip.compress(text.encode())
    whole = f"{command} < f.csv > mended.csv" if key == "f.csv" else f"gzip -dc < f.csv.gz | {command} > mended.csv"

    with pytest.raises(RefusedFile) as caught:
        screened(content, key)

    assert f"its lines end in {name}" in caught.value.message
    assert caught.value.message.endswith(f"; to mend it: {whole}")
    if shutil.which("sed"):
        (tmp_path / key).write_bytes(content)
        subprocess.run(whole, shell=True, check=True, cwd=tmp_path)  # noqa: S602  # as a person types it
        assert screened((tmp_path / "mended.csv").read_bytes(), "mended.csv") == PLAIN


@pytest.mark.parametrize("content", [b"a,b\r\r\n", b"a,b\n\r\n1,2\n", b"a,b\n1,2\n\x0c3,4\n", b"a,b\n1,2\n\x1a"])
def test_what_is_only_near_to_an_odd_line_end_is_no_reason_to_refuse(content: bytes) -> None:
    """A header without rows, a blank line, a form feed in a value, and the end mark of DOS, which is quarantined."""
    screened(content, "f.csv")

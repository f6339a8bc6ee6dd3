"""What docs/engine.md shows works as it stands there."""

import sys
from pathlib import Path

import pytest

from acme_assets_tests.support.project import Project
from acme_assets_tests.test_docs import blocks, project

__all__ = ["project"]
DELIVERED = "acme sample sales --days yesterday..today\nacme run --days yesterday..today --select group:sales\n"


@pytest.mark.slow
def test_the_commands_move_a_feed_and_others_read_its_tables(project: Project, tmp_path: Path) -> None:
    (_, commands), *_ = blocks("docs/engine.md", "sh")
    (_, reading), *_ = blocks("docs/engine.md", "python")
    printed = project.succeed(DELIVERED + commands.replace("make engine ", "true "))
    assert "cells are equal on both engines" in printed
    assert "sales: moved" in printed
    (tmp_path / "reading.py").write_text(reading)
    # It read and printed; at exit a thread of deltalake has ended it by "terminate called", once in some runs.
    done = project.run(f"{sys.executable} reading.py")
    assert done.stdout, done.stderr
    version, rows = done.stdout.split()
    assert int(version) >= 0
    assert int(rows) > 0

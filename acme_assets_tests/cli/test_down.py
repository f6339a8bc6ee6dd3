"""`acme down`."""

import pytest

from .conftest import Acme


@pytest.mark.slow
def test_down_stops_what_runs_and_the_next_command_starts_it_again(acme: Acme) -> None:
    """Data stays; stopping what does not run is no error."""
    assert acme("down") == (0, "no embedded server was running\n", "")
    assert acme("psql", "-qc", "create table kept (n int)").code == 0
    assert acme("down") == (0, "the embedded servers are stopped\n", "")
    assert acme("psql", "-Atc", "select count(*) from kept").out == "0\n"
    assert acme("down").code == 0

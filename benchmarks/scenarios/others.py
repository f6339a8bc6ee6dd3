"""Other loaders on the same file and the same server, each at its documented best; see `peer.py`."""

from benchmarks.bench import Bench, Load
from benchmarks.peer import DLT, PANDAS, PGLOADER, Peer
from benchmarks.scenario import Outcome, Promise, Scenario, sides


def against(bench: Bench, peer: Peer) -> Outcome:
    """Files to a typed table: ours with raw and the quarantine, theirs without."""
    rows = bench.scale.peers
    platform, (file,) = bench.platform(), bench.orders(rows)
    theirs = peer.side(bench, platform, file, rows)
    ours = Load(platform, [file], ("raw", "staging"))
    pairs = bench.alternate(ours, theirs)
    return Outcome(pairs.speed, sides(pairs, "raw + staging", peer.name, rows), len(pairs.ours), ours.peak)


def _scenario(peer: Peer, firm: float, aim: float) -> Scenario:
    return Scenario(
        f"peer-{peer.name}",
        "files → typed table",
        peer.described,
        Promise("at least", firm, aim),
        lambda bench: against(bench, peer),
    )


SCENARIOS = (_scenario(PANDAS, 15, 25), _scenario(DLT, 2, 4), _scenario(PGLOADER, 8, 15))

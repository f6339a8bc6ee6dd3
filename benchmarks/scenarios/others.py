"""Other loaders on the same files and the same server, each at its documented best; see `peer.py`.

Ours by PostgreSQL, and by the second engine, whose typed rows stand in the lake.
"""

from acme_platform.model.engine import POSTGRESQL, SPARK, Engine
from benchmarks.bench import Bench, Load
from benchmarks.peer import DLT, PANDAS, PGLOADER, Peer
from benchmarks.scenario import Outcome, Promise, Scenario, sides

#: files of a delivery: as many as cores
PARTS = 2


def against(bench: Bench, peer: Peer, engine: Engine) -> Outcome:
    """Files to a typed table: ours with raw and the quarantine, theirs without."""
    rows = bench.scale.peers
    files = bench.orders(rows, parts=PARTS)
    theirs = peer.side(bench, bench.platform(), files, rows)
    with bench.computed_by(engine, "others") as platform:
        ours = Load(platform, files, ("raw", "staging"))
        pairs = bench.alternate(ours, theirs)
    return Outcome(pairs.speed, sides(pairs, "raw + staging", peer.name, rows), len(pairs.ours), ours.peak)


def _scenario(peer: Peer, firm: float, aim: float, engine: Engine = POSTGRESQL) -> Scenario:
    return Scenario(
        f"peer-{peer.name}" if engine == POSTGRESQL else f"engine-peer-{peer.name}",
        "files → typed table" if engine == POSTGRESQL else "files → typed table of the lake, on Spark",
        peer.described,
        Promise("at least", firm, aim),
        lambda bench: against(bench, peer, engine),
    )


SCENARIOS = (
    _scenario(PANDAS, 15, 25),
    _scenario(DLT, 2, 4),
    _scenario(PGLOADER, 8, 15),
    _scenario(PANDAS, 15, 25, SPARK),
    _scenario(DLT, 4, 6, SPARK),
    _scenario(PGLOADER, 8, 12, SPARK),
)

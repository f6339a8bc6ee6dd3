"""Memory: the process that loads, alone, with a file and with one ten times as large."""

from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from pathlib import Path

from acme_platform.config.settings import Settings
from acme_platform.services import Services
from benchmarks.bench import FIRST_DAY, Bench
from benchmarks.measure import peak_megabytes
from benchmarks.platform import Platform
from benchmarks.scenario import CannotRunError, Outcome, Promise, Scenario

TIMES = 10


def loading_process(bench: Bench) -> Outcome:
    peaks = [_peak(bench, bench.orders(rows, parts=2)) for rows in (bench.scale.file // TIMES, bench.scale.file)]
    note = f"{peaks[0]:.0f} MB with a tenth of the rows"
    return Outcome(max(peaks), notes=(note,))


def _peak(bench: Bench, files: list[Path]) -> float:
    """Two connections, raw and staging, in a process that did nothing else."""
    platform = bench.platform()
    platform.forget()
    platform.deliver("orders", FIRST_DAY, *files)
    processes = get_context("spawn")
    told = processes.SimpleQueue()
    child = processes.Process(target=_load, args=(platform.services.settings, told))
    child.start()
    child.join()
    if child.exitcode:
        raise CannotRunError("the loading process failed")
    return float(told.get())


def _load(settings: Settings, told: "SimpleQueue[float]") -> None:
    platform = Platform(Services(settings))
    platform.fill("raw.sales_orders", FIRST_DAY)
    platform.fill("staging.sales_orders", FIRST_DAY)
    told.put(peak_megabytes())


SCENARIOS = (
    Scenario("memory", "peak memory of the loading process", "-", Promise("at most", 250, unit="MB"), loading_process),
)

"""Benchmarks: how fast the platform is, beside a limit or another tool measured at the same time on the same machine.

__main__.py    the command behind `make bench`
scenario.py    a row of the table of promises, and what a run of it found
scale.py       how much data each scale takes
bench.py       what every scenario works with: servers, samples, both sides in turn
platform.py    the platform over a database of its own; bare tables beside it
measure.py     a clock, sides in turn, memory
peer.py        other loaders, each in an environment of its own; what they run stands in peers/
machine.py     what the figures were measured on
report.py      the JSON result and the page for people; chart.py draws its bars
scenarios/     the rows, one noun a module
"""

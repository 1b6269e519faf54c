"""Measurements: `make bench-<name>` runs `tests/benchmarks/<name>.py`.

A module offers `measure() -> Measured`. It makes its own data. Goals stand in goals.toml under the module's name:
a figure's name and `most` or `least`. A goal on time is a ratio to a reference run of the same process; absolute
figures are printed for comparison and decide nothing.
"""

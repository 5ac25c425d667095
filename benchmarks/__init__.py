"""Benchmarks, statistical validation and simulators: tools that are run by hand."""

"""Simulated data for benchmarks, validation and tests."""

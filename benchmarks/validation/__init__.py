"""Simulations that check the statistics: `make validate`."""

"""Formulas: numbers in, numbers out. Pure Python, so that a query starts at once."""

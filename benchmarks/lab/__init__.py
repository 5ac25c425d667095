"""Check labelpulse against a real Label Studio: `python -m benchmarks.lab.trial --state FILE`.

The trial changes the data of that instance, so use one for the trial alone.
"""

"""A trial against a real Label Studio: `python -m tests.lab.trial --state PATH/state.json`.

It changes that instance's data, so give it one of its own. Nothing here runs under pytest but the
test of the comparison itself.
"""

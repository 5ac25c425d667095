"""What judgement tells of a selection, as pages ask for it: each thing worked out once, then kept.

Numbers follow the data; what needs attention is judged once a minute at most, as it takes longest.
"""

from dashboard.kept import a_minute, kept
from labelpulse.findings import (
    changes,
    confusion,
    deliveries,
    evidence,
    findings,
    noted,
    outlook,
    people,
    portfolio,
    queues,
    summary,
)
from labelpulse.reports import figures

verdict = kept(findings.judge)
attention = a_minute(findings.findings)
blame = a_minute(findings.where)
summary_tiles = kept(summary.tiles)
standing = kept(portfolio.standing)
burn_up = kept(figures.burn_up_figure)
burn_up_rows = kept(outlook.burn_up_rows)
milestones = kept(outlook.milestone_rows)
batches = kept(outlook.batch_rows)
fallen_in = a_minute(deliveries.fallen_in)
flowing = kept(queues.of_selection)
control_chart = kept(figures.control_chart)
control_split = kept(figures.control_split)
change_of = a_minute(changes.state)
changes_found = kept(changes.changes)
change_tiles = kept(changes.states)
moves = kept(noted.moves)
watchable = kept(changes.watchable)
coverage = kept(evidence.coverage)
confused = kept(confusion.pairs)
people_evidence = kept(people.evidence)
members = kept(people.members)

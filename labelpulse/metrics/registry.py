"""All rollups and metrics in one place; a new one is an entry in its family's file."""

from labelpulse.metrics import accuracy, agreement, data_health, flow, labels, throughput
from labelpulse.metrics.rollups import Rollups

ROLLUPS = Rollups(
    [
        *throughput.ROLLUPS,
        *flow.ROLLUPS,
        *agreement.ROLLUPS,
        *accuracy.ROLLUPS,
        *labels.ROLLUPS,
        *data_health.ROLLUPS,
    ]
)

"""A level that wanders and drifts: exponential smoothing with drift, and how sure it is.

Model A,N,N of R. J. Hyndman, A. B. Koehler, J. K. Ord & R. D. Snyder 2008, *Forecasting with
Exponential Smoothing*, with a drift: the Theta method (R. J. Hyndman & B. Billah 2003, Int. J.
Forecasting 19). How fast the level may wander is not known after a few weeks, so that several
smoothing constants stand side by side, each as likely as it makes the values.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

    Floats = NDArray[float64]

CONSTANTS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32)
STEADINESS = 625.0
"""How much a drift is doubted before any value is seen: its sd is 1/25 of that of the noise."""


@dataclass(frozen=True, slots=True, eq=False)
class Smoothed:
    """A smoothed series, by smoothing constant.

    Attributes:
        weights: of the constants, with sum 1.
        states: (constants, 2), the level and the drift after the last value.
        spreads: (constants, 2, 2), the roots of the covariances of their errors.
        residuals: (values, constants), the errors of forecasts one step ahead.
    """

    weights: "Floats"
    states: "Floats"
    spreads: "Floats"
    residuals: "Floats"


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """What one constant gives; support: the log of its likelihood."""

    state: "Floats"
    spread: "Floats"
    residuals: "Floats"
    support: float


def smooth(values: "Floats") -> Smoothed:
    """Return the level and the drift of a series of three values or more, oldest first."""
    import numpy as np

    fits = [_regress(values, constant) for constant in CONSTANTS]
    support = np.array([one.support for one in fits])
    weights = np.exp(support - support.max())
    return Smoothed(
        weights / weights.sum(),
        np.array([one.state for one in fits]),
        np.array([one.spread for one in fits]),
        np.array([one.residuals for one in fits]).T,
    )


def _regress(values: "Floats", constant: float) -> _Fit:
    """Return the least squares fit of a smoothing constant.

    Errors are linear in the first level and in the drift, so that both come from a regression.
    The likelihood of the constant has them, and the variance of the errors, integrated out.
    """
    import numpy as np

    n = len(values)
    rows = np.zeros((n + 1, 3))  # the level, as a sum of: known, the first level, the drift
    rows[0, 1] = 1.0
    for t, value in enumerate(values):
        rows[t + 1] = (1 - constant) * rows[t] + (constant * value, 0.0, 1.0)
    x, y = rows[:-1, 1:], values - rows[:-1, 0]
    precision = x.T @ x + np.diag([0.0, STEADINESS])
    first = np.linalg.solve(precision, x.T @ y)
    residuals = y - x @ first
    # A series without any noise must not make a constant infinitely likely.
    loss = float(residuals @ residuals + STEADINESS * first[1] ** 2) + 1e-9
    now = np.array([rows[n, 1:], (0.0, 1.0)])
    root = now @ np.linalg.cholesky(np.linalg.inv(precision))
    return _Fit(
        state=now @ first + (rows[n, 0], 0.0),
        spread=root * np.sqrt(loss / (n - 2)),
        residuals=residuals,
        support=-float(np.linalg.slogdet(precision)[1]) / 2 - (n - 1) / 2 * np.log(loss),
    )

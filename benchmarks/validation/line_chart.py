"""Draw lines as a small SVG with a legend, without a drawing library."""

from collections.abc import Iterator, Sequence
from html import escape
from math import ceil, floor, log10

from benchmarks.validation.report import Series

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM, ROW = 720, 340, 56, 24, 32, 48, 20
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#555555")
FONT = 'font-family="system-ui, sans-serif" font-size="12" fill="#444"'


def ticks(low: float, high: float) -> list[float]:
    """Choose about five round numbers within a range.

    >>> ticks(0, 1), ticks(3, 58)
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [10, 20, 30, 40, 50])
    """
    rough = (high - low) / 5 or 1.0
    power = 10 ** floor(log10(rough))
    step = min((m * power for m in (1, 2, 5, 10)), key=lambda step: abs(step - rough))
    first = ceil(low / step - 1e-9)
    values = [round((first + i) * step, 10) for i in range(20)]
    return [tick for tick in values if low - 1e-9 <= tick <= high + 1e-9]


def svg(lines: Series, axes: tuple[str, str], frame: tuple[float, float] | None = None) -> str:
    """Draw lines. `frame` is the lowest and highest y; None starts at 0 and fits all points."""
    points = [point for line in lines.values() for point in line]
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    bottom, top = frame or (0.0, max(y for _, y in points))

    def position(x: float, y: float) -> tuple[float, float]:
        across = (x - left) / ((right - left) or 1)
        return (
            LEFT + across * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - (y - bottom) / ((top - bottom) or 1) * (HEIGHT - TOP - BOTTOM),
        )

    def parts() -> Iterator[str]:
        height = HEIGHT + ROW * len(lines)
        yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}">'
        yield f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>'
        for tick in ticks(bottom, top):
            _, y = position(left, tick)
            yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
            yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" {FONT}>{tick:g}</text>'
        for tick in ticks(left, right):
            x, y = position(tick, bottom)
            yield f'<text x="{x:.1f}" y="{y + 16:.1f}" text-anchor="middle" {FONT}>{tick:g}</text>'
        for i, (name, line) in enumerate(lines.items()):
            yield from _line(name, [position(*point) for point in line], i)
        yield f'<text x="{LEFT}" y="{HEIGHT - 12}" {FONT}>{escape(axes[0])}</text>'
        yield f'<text x="{LEFT}" y="{TOP - 14}" {FONT}>{escape(axes[1])}</text></svg>'

    return "\n".join(parts()) + "\n"


def _line(name: str, points: Sequence[tuple[float, float]], i: int) -> Iterator[str]:
    color, x, y = COLORS[i % len(COLORS)], LEFT, HEIGHT + 8 + ROW * i
    path = "L".join(f"{px:.1f} {py:.1f}" for px, py in points)
    yield f'<path d="M{path}" fill="none" stroke="{color}" stroke-width="2"/>'
    yield f'<path d="M{x} {y - 4}h16" stroke="{color}" stroke-width="3"/>'
    yield f'<text x="{x + 22}" y="{y}" {FONT}>{escape(name)}</text>'

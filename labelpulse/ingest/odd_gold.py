"""Known answers that an operator should look at."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from labelpulse.core.formats import plural, some

if TYPE_CHECKING:
    from labelpulse.warehouse.store import Warehouse


def odd_gold(warehouse: "Warehouse", project_id: int, *, polled: bool) -> Iterator[str]:
    """Yield what is odd of a project's known answers, those of earlier files among them.

    Args:
        polled: its source lists its items, so that none is there by a known answer alone.
    """
    torn = warehouse.torn_gold(project_id)
    if torn:
        yield f"gold values conflict on {some(torn)}: their answers are kept and they have no gold"
    alone = [] if polled else warehouse.unanswered_gold(project_id)
    if alone:
        yield (
            f"nobody has answered {plural(len(alone), 'item')} with a known answer "
            f"({some(alone, 5)}): they count as work to come. Where the answers call them "
            "otherwise, give both one name"
        )

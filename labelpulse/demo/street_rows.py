"""From pictures and drawings to rows of the tool's tables, the same for history and live part."""

from collections.abc import Iterable, Iterator

from labelpulse.demo import rows, street
from labelpulse.demo.drawing import Drawing
from labelpulse.demo.rows import Place
from labelpulse.demo.street import Box, Picture, picture
from labelpulse.demo.street_story import StreetPlan
from labelpulse.demo.tables import Row, stamp


def place(n: int) -> Place:
    """Return the task and the project of picture number `n`."""
    return Place(street.TASK_FROM + n, street.PROJECT_ID)


def tasks(plan: StreetPlan, acts: Iterable[Drawing]) -> list[Row]:
    """Return every row of `task`, with what the drawings have left on it."""
    made = {n: _task(plan, picture(plan.seed, n)) for n in plan.numbers}
    for act in acts:
        row = made[act.n]
        column = "cancelled_annotations" if act.boxes is None else "total_annotations"
        row[column] += 1  # type: ignore[operator]
        row["updated_by_id"], row["updated_at"] = act.person.id, stamp(act.at)
        row["is_labeled"] = int(row["total_annotations"] >= row["overlap"])  # type: ignore[operator]
    return list(made.values())


def _task(plan: StreetPlan, it: Picture) -> dict[str, object]:
    data = {
        "image": f"/data/upload/{it.upload}/street-{it.n:06d}.jpg",
        "scene": "night" if it.night else "day",
    }
    at = plan.imported(it.n)
    where = place(it.n)
    return rows.untouched(where, it.n, data, at=at, overlap=it.overlap, upload=it.upload)


def annotations(plan: StreetPlan, acts: Iterable[Drawing]) -> Iterator[Row]:
    """Yield the row of every drawing."""
    for act in acts:
        yield annotation(act, rows.unique_id("street", plan.seed, act.n, act.person.id))


def annotation(act: Drawing, unique: str) -> Row:
    """Return a row of `task_completion` without id."""
    regions = None
    if act.boxes is not None:
        regions = [_region(box, rows.region_id(unique, i)) for i, box in enumerate(act.boxes)]
    return rows.completion(
        place(act.n), act.person, regions, at=act.at, seconds=act.seconds, unique=unique
    )


def _region(box: Box, region: str) -> dict[str, object]:
    """Return a box as the tool stores it: per cent of a picture whose size it tells."""
    return {
        "id": region,
        "type": "rectanglelabels",
        "value": {
            "x": box.x,
            "y": box.y,
            "width": box.width,
            "height": box.height,
            "rotation": 0,
            "rectanglelabels": [box.label],
        },
        "origin": "manual",
        "to_name": street.IMAGE,
        "from_name": street.CONTROL,
        "image_rotation": 0,
        "original_width": street.WIDTH,
        "original_height": street.HEIGHT,
    }

"""A Label Studio region -> its canonical shape, in relative units.

=============  ===================================================================================
box            ``[x, y, width, height, label]``, each a share 0-1 of the picture
ellipse        ``[x, y, radius x, radius y, label]``
point          ``[x, y, label]``
polygon        ``[[[[x, y], …]], label]``: rings of points
mask           ``[{"rle" or "png": …, "size": [width, height]}, label]``
video track    ``[[[frame, x, y, width, height, rotation, enabled], …], label]``
text span      ``[start, end, label]``: code points, end exclusive; where the tool has no global
               offsets, a place is ``[paragraph or XPath, offset]``
audio, series  ``[start, end, label]``: seconds, or the series' own time
timeline       ``[first frame, last frame, label]``
=============  ===================================================================================

A turned box or ellipse ends in its degrees clockwise and, where the picture's size is told, in
``{"aspect": width / height}``, without which nobody could turn it. A region of a further picture of
a list ends in ``{"item": n}``. The label is None where there is none, and a sorted list where there
are several.
Numbers are rounded to 8 places and whole ones are integers, so that equal shapes are equal JSON.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from labelpulse.core.answers import clean
from labelpulse.core.errors import SkipRecord
from labelpulse.ingest.shapes import Shape, number

Region = Mapping[str, Any]
"""One element of an annotation's `result`."""


def labeled(region: Region) -> Iterator[Shape]:
    """Yield a region's shapes with its label: none without a place, several for a timeline.

    Raises:
        SkipRecord: a coordinate is missing or no number.
    """
    for where in _places(region, region["value"]):
        yield [*where, label(region), *_rest(region)]


def key(region: Region) -> Shape | None:
    """Return where a region is, without its label; None when it has no place."""
    for where in _places(region, region["value"]):
        return [*where, *_rest(region)]
    return None


def _rest(region: Region) -> list[Any]:
    """What only some shapes have: a rotation, and which picture of a list they are on."""
    value = region["value"]
    rest: list[Any] = []
    rotation = number(value.get("rotation") or 0) % 360 if "x" in value else 0
    if rotation:
        rest.append(rotation)
        if aspect := _aspect(region):
            rest.append({"aspect": aspect})
    if region.get("item_index"):
        rest.append({"item": number(region["item_index"])})
    return rest


def _aspect(region: Region) -> int | float:
    """Return a picture's width / height; 0 where its size is not told."""
    width, height = (region.get(f"original_{side}") for side in ("width", "height"))
    return number(number(width) / number(height)) if width and height else 0


def label(region: Region) -> Any:
    """Return a region's label: None, a text, or a sorted list of several."""
    value = region["value"]
    named = value.get(region["type"], value.get("labels"))
    if not isinstance(named, list):
        return None
    texts = sorted({option(one) for one in named})
    return texts if len(texts) > 1 else texts[0] if texts else None


def option(value: Any) -> str:
    """Return a label or option as clean text; SkipRecord when it is none."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(number(value))
    raise SkipRecord("bad_value", "a label in it is no text")


# --- places --------------------------------------------------------------------------------


def _places(region: Region, value: Mapping[str, Any]) -> Iterator[Shape]:
    if "sequence" in value:
        yield [_keyframes(value["sequence"])]
    elif "ranges" in value:
        for one in _objects(value["ranges"]):
            yield [number(one.get("start")), number(one.get("end"))]
    elif "points" in value or "vertices" in value:
        yield [[_ring(value)]]
    elif "rle" in value or "imageDataURL" in value:
        yield [_mask(region, value)]
    elif "x" in value and "y" in value:
        yield _plane(value)
    elif "start" in value and "end" in value:
        yield _span(value)


def _plane(value: Mapping[str, Any]) -> Shape:
    """A box, an ellipse or a point; a point's width is only how large it is drawn."""
    sizes: tuple[str, ...] = ()
    if "radiusX" in value:
        sizes = ("radiusX", "radiusY")
    elif "height" in value:
        sizes = ("width", "height")
    return [_share(value.get(name)) for name in ("x", "y", *sizes)]


def _share(percent: Any) -> int | float:
    return number(number(percent) / 100)


def _ring(value: Mapping[str, Any]) -> list[Shape]:
    points = value.get("points")
    if points is None:
        return [[_share(one.get("x")), _share(one.get("y"))] for one in _objects(value["vertices"])]
    if not isinstance(points, list):
        raise SkipRecord("bad_value", "the points of a polygon are no list")
    return [_point(one) for one in points]


def _point(pair: Any) -> Shape:
    if not isinstance(pair, list) or len(pair) != 2:
        raise SkipRecord("bad_value", "a point of a polygon is no pair of numbers")
    return [_share(pair[0]), _share(pair[1])]


def _mask(region: Region, value: Mapping[str, Any]) -> dict[str, Any]:
    size = [number(region.get(f"original_{side}", 0) or 0) for side in ("width", "height")]
    if "rle" not in value:
        return {"png": option(value["imageDataURL"]), "size": size}
    if not isinstance(value["rle"], list):
        raise SkipRecord("bad_value", "a mask is no list of numbers")
    return {"rle": [number(one) for one in value["rle"]], "size": size}


def _keyframes(sequence: Any) -> list[Shape]:
    frames = [
        [
            number(one.get("frame")),
            *(_share(one.get(name)) for name in ("x", "y", "width", "height")),
            number(one.get("rotation") or 0),
            1 if one.get("enabled", True) else 0,
        ]
        for one in _objects(sequence)
    ]
    return sorted(frames, key=lambda frame: frame[0])


def _span(value: Mapping[str, Any]) -> Shape:
    whole = value.get("globalOffsets")
    if isinstance(whole, dict):
        return [number(whole.get("start")), number(whole.get("end"))]
    ends = [(value["start"], "startOffset"), (value["end"], "endOffset")]
    return [
        [_place(at), number(value[offset])] if offset in value else _place(at)
        for at, offset in ends
    ]


def _place(value: Any) -> int | float | str:
    """An offset or a time; paragraphs and XPaths, and the dates of a series, are texts."""
    return clean(value) if isinstance(value, str) else number(value)


def _objects(values: Any) -> list[Mapping[str, Any]]:
    if not isinstance(values, list) or not all(isinstance(one, dict) for one in values):
        raise SkipRecord("bad_value", "the parts of a region are no list of objects")
    return values

"""The `result` of a Label Studio annotation -> one canonical value a control.

Results belong together by `from_name`. A whole-item control gives a label, a sorted set of
labels, a number, a text or a ranking; a region control a sorted list of shapes
(`label_studio_regions`); a control asked per region a sorted list of ``[shape, answer]``, of scale
span or geometry, since regions have to be matched before their answers can be compared.

Missing or empty: where a control of scale set, span or geometry is shown with every item, a
submission without a result for it says "nothing here", the empty list. Where it is asked per
region or on a condition, and on every other scale, no result is no answer.

A result whose type contradicts the present configuration answered an earlier question: it is kept
under a control of its own, ``NAME (TYPE)``, and never mixed with today's answers.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from labelpulse.core.answers import clean, options
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import ControlRecord, Scale, canonical
from labelpulse.ingest import label_studio_regions as regions
from labelpulse.ingest.label_studio_config import (
    PER_REGION,
    REGIONS,
    SCALES,
    Control,
    path_text,
    region_scale,
)
from labelpulse.ingest.label_studio_regions import Region
from labelpulse.ingest.shapes import number

Answers = tuple[tuple[str, Any], ...]
RELATIONS = "relations"

# Rather than by order of appearance, what is learnt of a control is settled by rank.
_RANK = {scale: rank for rank, scale in enumerate((Scale.TEXT, Scale.NUMBER, Scale.NOMINAL))}


def answers(result: Any, controls: Mapping[str, Control]) -> Answers:
    """Return (control, value) pairs, by name, of one submission.

    Args:
        result: the decoded `result`; None is an empty one.
        controls: what the project asks; results of other controls are valued as they come.

    Raises:
        SkipRecord: `result` is not what Label Studio writes; the reason says how.
    """
    said: dict[str, Any] = {}
    for name, group in _grouped(result, controls).items():
        value = _value(group, controls.get(name), result)
        if value is not None:
            said[name] = value
    for name, control in controls.items():
        if control.always and name not in said:
            said[name] = []
    return tuple(sorted(said.items()))


@dataclass(slots=True)
class Learner:
    """Learns controls from answers, where no configuration tells them.

    What it knows in the end does not depend on the order of what it saw. Controls in `known` are
    declared and stay out.
    """

    known: Mapping[str, Control] = field(default_factory=dict)
    found: dict[str, Control] = field(default_factory=dict)

    def see(self, result: Any) -> bool:
        """Look at one submission; True when it taught something. Errors as in `answers`."""
        before = dict(self.found)
        for name, group in _grouped(result, self.known).items():
            if name not in self.known:
                control = _learnt(name, group)
                there = self.found.get(name)
                self.found[name] = max(control, there, key=_standing) if there else control
        return self.found != before


def _standing(control: Control) -> tuple[bool, int, str]:
    scale = control.record.scale
    return control.per_region, _RANK.get(scale, len(_RANK)), f"{scale}{control.record.kind}"


def _learnt(name: str, group: list[Region]) -> Control:
    kind = RELATIONS if name == RELATIONS else group[0]["type"]
    per_region = _is_per_region(group)
    scale = SCALES.get(kind, Scale.TEXT)
    if per_region:
        scale, kind = region_scale(not _is_span(group)), kind + PER_REGION
    elif kind == "labels":
        scale = region_scale(not _is_span(group))
    elif kind == "choices" and len(_chosen(group)) > 1:
        scale = Scale.SET
    nothing = scale in (Scale.SET, Scale.SPAN, Scale.GEOMETRY)
    always = nothing and not per_region and kind != RELATIONS
    return Control(ControlRecord(name, scale, None, kind), per_region, always)


def _is_span(group: Iterable[Region]) -> bool:
    return any("start" in one["value"] or "ranges" in one["value"] for one in group)


# --- grouping ------------------------------------------------------------------------------


def _grouped(result: Any, controls: Mapping[str, Control]) -> dict[str, list[Region]]:
    """Control name -> its results, each known to be an object with type and value."""
    if result is None:
        return {}
    if not isinstance(result, list):
        raise SkipRecord("bad_result", "its result is no list of regions")
    groups: dict[str, list[Region]] = {}
    for region in result:
        groups.setdefault(_name_of(region), []).append(region)
    renamed: dict[str, list[Region]] = {}
    for name, group in groups.items():
        if len({_family(one["type"]) for one in group}) > 1:
            raise SkipRecord("mixed_types", "results of different types share one from_name")
        renamed[_today(name, group, controls.get(name))] = group
    return renamed


def _name_of(region: Any) -> str:
    if not isinstance(region, dict) or not isinstance(region.get("type"), str):
        raise SkipRecord("bad_region", "a region in its result is no object with a type")
    if region["type"] == "relation":
        return RELATIONS
    if not isinstance(region.get("value"), dict):
        raise SkipRecord("bad_region", "a region in its result has no value")
    name = region.get("from_name")
    if not isinstance(name, str) or not clean(name):
        raise SkipRecord("bad_region", "a region in its result names no control (from_name)")
    return clean(name)


def _family(kind: str) -> str:
    return "region" if kind in REGIONS else kind


def _today(name: str, group: list[Region], control: Control | None) -> str:
    """The control that results belong to: one of its own when today's asks something else."""
    if control is None or name == RELATIONS:
        return name
    kind = group[0]["type"]
    declared = control.record.kind.removesuffix(PER_REGION)
    if _family(kind) != _family(declared):
        return f"{name} ({kind})"
    if _is_per_region(group) and not control.per_region:
        return f"{name} ({kind}{PER_REGION})"
    return name


def _is_per_region(group: Iterable[Region]) -> bool:
    """True when answers other than regions stand on a region or on one picture of a list."""
    return any(
        one["type"] not in REGIONS
        and one["type"] != "relation"
        and (regions.key(one) is not None or "item_index" in one)
        for one in group
    )


def _places(result: Iterable[Region]) -> dict[Any, list[Any]]:
    """Region id -> its canonical form with label, for what refers to regions by id."""
    found: dict[Any, list[Any]] = {}
    for one in result:
        if one["type"] in REGIONS and isinstance(one.get("id"), str):
            for shape in regions.labeled(one):
                found.setdefault(one["id"], shape)
    return found


# --- values --------------------------------------------------------------------------------


def _value(group: list[Region], control: Control | None, result: list[Region]) -> Any:
    """The canonical value of one control's results; None = no answer."""
    kind = group[0]["type"]
    if kind in REGIONS:
        return _sorted(shape for one in group for shape in _placed(one))
    if kind == "relation":
        places = _places(result)
        return _sorted(_relation(one, places) for one in group)
    if (control is not None and control.per_region) or _is_per_region(group):
        places = _places(result)
        return _sorted([_key(one, places), _plain([one], None)] for one in group)
    return _plain(group, control)


def _sorted(values: Iterable[Any]) -> list[Any]:
    return sorted(values, key=canonical)


def _placed(region: Region) -> list[Any]:
    found = list(regions.labeled(region))
    if not found:
        raise SkipRecord("bad_value", "a region in its result has no place")
    return found


def _key(region: Region, places: Mapping[Any, list[Any]]) -> Any:
    """Where an answer per region stands: its own shape, its region's, or the picture's number."""
    own = regions.key(region)
    if own is not None:
        return own
    if "item_index" in region:
        return {"item": number(region["item_index"])}
    return places.get(region.get("id"))


def _relation(region: Region, places: Mapping[Any, list[Any]]) -> list[Any]:
    """``[from region, to region, type]``; a relation both ways has its ends sorted."""
    ends = [places.get(region.get(end)) for end in ("from_id", "to_id")]
    if region.get("direction") == "left":
        ends.reverse()
    elif region.get("direction") == "bi":
        ends = _sorted(ends)
    named = region.get("labels")
    kinds = options(list(map(regions.option, named))) if isinstance(named, list) else []
    return [*ends, kinds if len(kinds) > 1 else kinds[0] if kinds else None]


def _plain(group: list[Region], control: Control | None) -> Any:
    read = _READERS.get(group[0]["type"], _unknown)
    return read(group, control)


def _content(region: Region, name: str) -> Any:
    if name not in region["value"]:
        raise SkipRecord("bad_value", f"a {region['type']} in its result has no {name}")
    return region["value"][name]


def _chosen(group: Iterable[Region]) -> list[str]:
    """All options chosen, sorted; a nested option is a path."""
    found = []
    for one in group:
        chosen = _content(one, one["type"])
        if not isinstance(chosen, list):
            raise SkipRecord("bad_value", f"the {one['type']} in its result are no list")
        found += [_path(each) for each in chosen]
    return options(found)


def _path(chosen: Any) -> str:
    """An option's text; one of nested options is a list of names."""
    if isinstance(chosen, list):
        return path_text([regions.option(part) for part in chosen])
    return regions.option(chosen)


def _choices(group: list[Region], control: Control | None) -> Any:
    """One label, or a sorted list where the control is a set or several are chosen.

    Several choices of a control that is declared single are one label of their own.
    """
    chosen = _chosen(group)
    if control is not None and control.record.scale == Scale.SET:
        return chosen
    if len(chosen) > 1 and control is not None:
        return canonical(chosen)
    return chosen if len(chosen) > 1 else chosen[0] if chosen else None


def _taxonomy(group: list[Region], _control: Control | None) -> Any:
    return _chosen(group)


def _number(group: list[Region], _control: Control | None) -> Any:
    return number(_content(group[-1], group[-1]["type"]))


def _text(group: list[Region], _control: Control | None) -> Any:
    """Texts in NFC, trimmed, with single spaces; several are lines."""
    found = []
    for one in group:
        content = _content(one, "text")
        parts = content if isinstance(content, list) else [content]
        found += [" ".join(regions.option(part).split()) for part in parts]
    return "\n".join(part for part in found if part) or None


def _word(name: str) -> Callable[[list[Region], Control | None], Any]:
    def read(group: list[Region], _control: Control | None) -> Any:
        content = _content(group[-1], name)
        return None if content is None else regions.option(content) or None

    return read


def _ranking(group: list[Region], _control: Control | None) -> Any:
    """Options best first; buckets of options are kept by name."""
    ranked = _content(group[-1], "ranker")
    if isinstance(ranked, dict):
        named = {regions.option(name): _ranked(one) for name, one in ranked.items()}
        return named["rank"] if set(named) <= {"rank", "_"} and "rank" in named else named
    return _ranked(ranked)


def _ranked(values: Any) -> list[str]:
    if not isinstance(values, list):
        raise SkipRecord("bad_value", "a ranking in its result is no list")
    return [regions.option(one) for one in values]


def _unknown(group: list[Region], _control: Control | None) -> Any:
    """The text of a type that we do not know: equal exactly when the contents are."""
    contents = [one["value"].get(one["type"], one["value"]) for one in group]
    return clean(canonical(contents[0] if len(contents) == 1 else contents))


_READERS: Mapping[str, Callable[[list[Region], Control | None], Any]] = {
    "choices": _choices,
    "taxonomy": _taxonomy,
    "rating": _number,
    "number": _number,
    "textarea": _text,
    "datetime": _word("datetime"),
    "pairwise": _word("selected"),
    "ranker": _ranking,
}

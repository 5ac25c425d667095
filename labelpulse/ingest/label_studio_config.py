"""A Label Studio labeling configuration (XML) -> the controls that it asks.

What a configuration cannot tell (none at all, not XML, dynamic options) is learnt from answers.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from labelpulse.core.answers import clean
from labelpulse.core.events import ControlRecord, Scale
from labelpulse.ingest.plain_xml import NotPlainXmlError, read_xml

PER_REGION = " per region"
"""Ends the kind of a control that is asked for each region instead of once."""

MAX_CONFIG = 4_000_000

SCALES: Mapping[str, Scale] = MappingProxyType(
    {
        "choices": Scale.NOMINAL,
        "pairwise": Scale.NOMINAL,
        "rating": Scale.ORDINAL,
        "taxonomy": Scale.SET,
        "number": Scale.NUMBER,
        "textarea": Scale.TEXT,
        "datetime": Scale.TEXT,
        "ranker": Scale.RANKING,
        "relations": Scale.SPAN,
        "labels": Scale.SPAN,
        "hypertextlabels": Scale.SPAN,
        "paragraphlabels": Scale.SPAN,
        "timeserieslabels": Scale.SPAN,
        "timelinelabels": Scale.SPAN,
        **dict.fromkeys(
            (
                *("rectangle", "rectanglelabels", "ellipse", "ellipselabels"),
                *("polygon", "polygonlabels", "keypoint", "keypointlabels"),
                *("brush", "brushlabels", "bitmask", "bitmasklabels", "magicwand"),
                *("vector", "vectorlabels", "videorectangle"),
            ),
            Scale.GEOMETRY,
        ),
    }
)
"""Control tag in small letters (also the `type` of its results) -> scale of its answers."""

REGIONS = frozenset(
    kind for kind, scale in SCALES.items() if scale in (Scale.SPAN, Scale.GEOMETRY)
) - {"relations"}
"""Types whose results are regions themselves."""

_PICTURES = frozenset({"image", "video", "pdf"})
_FILES = _PICTURES | {"audio", "audioplus"}
_MAYBE_FILES = frozenset({"text", "hypertext", "paragraphs", "timeseries"})
_KEY = re.compile(r"\$(\w+)")
_HAS_NOTHING = frozenset({Scale.SET, Scale.SPAN, Scale.GEOMETRY})


@dataclass(frozen=True, slots=True)
class Control:
    """A question of a project.

    Attributes:
        per_region: asked for each region; its answers are pairs of region and answer.
        always: shown with every item, so that no result means "nothing here" (an empty list).
    """

    record: ControlRecord
    per_region: bool = False
    always: bool = False


@dataclass(slots=True)
class _Tag:
    name: str
    attributes: Mapping[str, str]
    hidden: bool  # it or a tag around it appears on a condition
    inside: list["_Tag"] = field(default_factory=list)

    def walk(self) -> Iterator["_Tag"]:
        yield self
        for tag in self.inside:
            yield from tag.walk()


@lru_cache(maxsize=256)
def parse_config(config: str | None) -> Mapping[str, Control]:
    """Return control name -> control, in the order of the configuration.

    A configuration that is no plain XML (a document type and entities are refused) declares
    nothing, since Label Studio itself shows it to nobody.
    """
    try:
        root = _read_xml(config or "")
    except NotPlainXmlError:
        return MappingProxyType({})
    tags = list(root.walk())
    objects = {
        tag.attributes["name"]: tag.name
        for tag in tags
        if "name" in tag.attributes and "toname" not in tag.attributes
    }
    found: dict[str, Control] = {}
    for tag in tags:
        if (control := _control(tag, objects)) is not None:
            found.setdefault(control.record.name, control)
    return MappingProxyType(found)


@lru_cache(maxsize=256)
def file_key(config: str | None) -> str:
    """Return the key of a task's data that leads to the file it shows; "" for none or several.

    >>> file_key('<View><Image name="a" value="$img"/><Text name="b" value="$text"/></View>')
    'img'
    """
    try:
        tags = _read_xml(config or "").walk()
    except NotPlainXmlError:
        return ""
    values = {tag.attributes.get("value", "").strip() for tag in tags if _is_file(tag)}
    found = _KEY.fullmatch(values.pop()) if len(values) == 1 else None
    return found[1] if found else ""


def _is_file(tag: _Tag) -> bool:
    if "toname" in tag.attributes:
        return False
    by_address = tag.attributes.get("valuetype", "").strip().lower() == "url"
    return tag.name in _FILES or (tag.name in _MAYBE_FILES and by_address)


def form(controls: Mapping[str, Control]) -> str:
    """Return a text that changes when the canonical form of answers does, and not with labels."""
    return "|".join(
        f"{name}:{one.record.scale}:{one.per_region:d}{one.always:d}"
        for name, one in sorted(controls.items())
    )


def path_text(path: list[str]) -> str:
    r"""Return a path of nested options as one text; slashes inside a name are escaped.

    >>> print(path_text(["Animals", "Cat/Dog"]))
    Animals/Cat\/Dog
    """
    return "/".join(part.replace("\\", "\\\\").replace("/", "\\/") for part in path)


# --- one tag -------------------------------------------------------------------------------


def _control(tag: _Tag, objects: Mapping[str, str]) -> Control | None:
    """The control that a tag declares; None for every other tag.

    A name with ``{{`` is a Repeater's pattern: its real names are learnt from answers.
    """
    name = tag.attributes.get("name", "relations" if tag.name == "relations" else "")
    name = clean(name)
    asked = "toname" in tag.attributes or tag.name == "relations"
    if tag.name not in SCALES or not asked or not name or "{{" in name:
        return None
    pictured = _is_on_picture(tag, objects)
    scale = _scale(tag, pictured)
    per_region = any(_is_true(tag, key) for key in ("perregion", "peritem"))
    kind = tag.name
    if per_region:
        scale, kind = region_scale(pictured), tag.name + PER_REGION
    always = scale in _HAS_NOTHING and not (per_region or tag.hidden)
    if tag.name == "labels" and pictured:
        always = False  # it names the shapes of another control, which says that there are none
    return Control(ControlRecord(name, scale, _labels(tag), kind), per_region, always)


def region_scale(pictured: bool) -> Scale:
    """Return how answers on regions compare: regions are matched first."""
    return Scale.GEOMETRY if pictured else Scale.SPAN


def _scale(tag: _Tag, pictured: bool) -> Scale:
    if tag.name == "choices" and tag.attributes.get("choice") == "multiple":
        return Scale.SET
    return region_scale(pictured) if tag.name == "labels" else SCALES[tag.name]


def _is_on_picture(tag: _Tag, objects: Mapping[str, str]) -> bool:
    names = tag.attributes.get("toname", "").split(",")
    return any(objects.get(name.strip()) in _PICTURES for name in names)


def _is_true(tag: _Tag, key: str) -> bool:
    return tag.attributes.get(key, "").strip().lower() == "true"


def _labels(tag: _Tag) -> tuple[str, ...] | None:
    """The declared options in order; None when tasks bring them or there are none."""
    if tag.name == "rating":
        top = tag.attributes.get("maxrating", "5").strip()
        stars = int(top) if top.isascii() and top.isdecimal() and len(top) < 4 else 5
        return tuple(str(star) for star in range(1, stars + 1))
    if tag.name == "pairwise":
        return "left", "right"
    if "$" in tag.attributes.get("value", "") or "apiurl" in tag.attributes:
        return None
    leaves = tag.name == "choices" or _is_true(tag, "leafsonly")
    nested = tag.name == "taxonomy" or _is_true(tag, "allownested")
    paths = list(_options(tag, leaves))
    texts = [path_text(path) if nested else path[-1] for path in paths]
    return tuple(dict.fromkeys(texts)) or None


def _options(tag: _Tag, leaves: bool) -> Iterator[list[str]]:
    """The paths of options under a tag; of a nested option only its leaves where asked."""
    for child in tag.inside:
        text = clean(child.attributes.get("alias") or child.attributes.get("value", ""))
        if child.name not in ("choice", "label") or not text:
            yield from _options(child, leaves)
            continue
        inner = list(_options(child, leaves))
        if not (leaves and inner):
            yield [text]
        yield from ([text, *path] for path in inner)


# --- XML -----------------------------------------------------------------------------------


def _read_xml(text: str) -> _Tag:
    """Return the root; names of tags and attributes in small letters, as the tool takes them."""
    if len(text) > MAX_CONFIG:
        raise NotPlainXmlError
    root = _Tag("", {}, hidden=False)
    open_tags = [root]

    def start(name: str, attributes: dict[str, str]) -> None:
        small = {key.lower(): value for key, value in attributes.items()}
        hidden = open_tags[-1].hidden or "visiblewhen" in small
        tag = _Tag(name.lower(), small, hidden)
        open_tags[-1].inside.append(tag)
        open_tags.append(tag)

    def end(_name: str) -> None:
        open_tags.pop()

    read_xml(text, start, end)
    return root

"""Reading XML that somebody else wrote: no document type, no entities, no endless nesting.

What those make possible (files read from outside, a few lines that grow to gigabytes) nothing
that is read here needs.
"""

from collections.abc import Callable
from xml.parsers import expat

DEEPEST = 200

Start = Callable[[str, dict[str, str]], None]
"""Called with the name and the attributes of a tag that begins."""


class NotPlainXmlError(Exception):
    """It is no well-formed XML, or holds what is refused here."""


def read_xml(
    source: str | bytes,
    start: Start,
    end: Callable[[str], None],
    text: Callable[[str], None] | None = None,
) -> None:
    """Call back for each tag that begins and ends, and for each piece of text.

    Raises:
        NotPlainXmlError: see there; what was called back for before must not be kept.
    """
    depth = 0

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise NotPlainXmlError
        start(name, attributes)

    def finish(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(name)

    def refuse(*_anything: object) -> None:
        raise NotPlainXmlError

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    parser.EndElementHandler = finish
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(source, True)
    except (expat.ExpatError, ValueError, LookupError):  # the last two: its encoding
        raise NotPlainXmlError from None

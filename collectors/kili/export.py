"""Kili's raw export: assets with their labels, or the SDK's list of labels; as documented.

Each job is a control, by its name. A label is one version of one person's work on an asset, and
the last one counts. Predictions are a model's. A review is a label, too: on a honeypot it is the
known answer, elsewhere it says whether the one label that was reviewed was right.
"""

from collections.abc import Iterable
from functools import partial

from collectors.kili.said import Said, answers
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import AnnotationRecord, ItemRecord, PredictionRecord, Status, Verdict
from labelpulse.ingest.exports.outline import Outline
from labelpulse.ingest.exports.parts import (
    Object,
    an_object,
    hashed,
    identity,
    name,
    objects,
    shown,
    spent,
)
from labelpulse.ingest.exports.reader import Export, Part, Reading

_MODEL = ("PREDICTION", "INFERENCE")
_WORK = {"DEFAULT": Status.SUBMITTED, "REVIEW": Status.SUBMITTED, "AUTOSAVE": Status.DRAFT}
_LISTS = ("labels", "latestLabels")
_UNTOLD = "reviews of assets with labels of several people, which do not tell whose was reviewed"


class KiliExport(Export):
    """Reads exports of Kili."""

    name = "kili"

    def fits(self, head: Outline) -> bool:
        """Return True for assets or labels with a JSON response."""
        of_assets = head.any(*(f"{key}.jsonResponse" for key in (*_LISTS, "latestLabel")))
        return of_assets or head.has("jsonResponse", "labelType")

    def item(self, element: Object, reading: Reading) -> ItemRecord:
        """Return an asset as an item."""
        alone = "jsonResponse" in element
        of = an_object(element.get("labelOf"), "asset")
        key = (element.get("assetId") or of.get("id")) if alone else element.get("id")
        return ItemRecord(
            *(reading.project, identity(key or element.get("externalId"), "asset")),
            content=shown(element.get("content")),
        )

    def parts(self, element: Object, item: ItemRecord, reading: Reading) -> Iterable[Part]:
        """Return the labels of an asset."""
        labels = _labels(element)
        honeypot = bool(element.get("isHoneypot"))
        work = [one for one in labels if _kind(one) == "DEFAULT"]
        reviews = [] if honeypot else [one for one in labels if _kind(one) == "REVIEW"]
        if reviews and len({_author(one) for one in work}) != 1:
            reading.notes[_UNTOLD] += 1
            reviews = []
        last = max(reviews, key=_made_at, default=None)
        newest = max(work, key=_made_at, default=None)
        for one in labels:
            if _kind(one) in _MODEL:
                yield Part("a prediction", partial(_prediction, one, item, reading), work=False)
            elif _kind(one) != "REVIEW" or honeypot:
                review = last if one is newest else None
                make = partial(_submission, one, item, reading, gold=honeypot, review=review)
                yield Part(f"label {name(one.get('id')) or ''}".rstrip(), make)


def _labels(element: Object) -> list[Object]:
    if "jsonResponse" in element:
        return [element]
    listed = next((element[key] for key in _LISTS if element.get(key)), None)
    found = objects(listed, "labels")
    latest = an_object(element.get("latestLabel"), "label")
    return found or ([latest] if latest else [])


def _kind(label: Object) -> str:
    return str(label.get("labelType") or "DEFAULT").upper()


def _made_at(label: Object) -> str:
    return str(label.get("createdAt") or "")


def _author(label: Object) -> str | None:
    author = an_object(label.get("author"), "author")
    return name(author.get("email")) or name(author.get("id"))


# --- records -------------------------------------------------------------------------------


def _submission(
    label: Object, item: ItemRecord, reading: Reading, *, gold: bool, review: Object | None
) -> AnnotationRecord:
    kind = _kind(label)
    if kind not in _WORK:
        raise SkipRecord("unknown_status", "the type of a label is none of Kili's")
    account = an_object(label.get("author"), "author")
    full = " ".join(filter(None, (name(account.get(f"{part}name")) for part in ("first", "last"))))
    author = reading.person(_author(label), full, account.get("email"))
    status = Status.SKIPPED if label.get("skipped") else _WORK[kind]
    at = reading.at(label.get("createdAt"))
    said = answers(label, reading) if status == Status.SUBMITTED else ()
    verdict, reviewer, reviewed = _review(label, said, review, reading)
    return AnnotationRecord(
        project=item.project,
        item=item.native_id,
        native_id=hashed(item.native_id, author, kind if kind != "DEFAULT" else ""),
        annotator=author,
        status=status,
        submitted_at=None if status == Status.DRAFT else at,
        updated_at=at,
        time_spent_ms=_spent(label),
        revision=max(filter(None, (at, reviewed)), default=None),
        answers=said,
        gold_flag=gold and kind == "REVIEW",
        verdict=verdict,
        reviewer=reviewer,
        reviewed_at=reviewed,
    )


def _spent(label: Object) -> int | None:
    """The time of this version alone where that is told, else that of all of them."""
    told = label.get("secondsToLabel")
    return spent(label.get("totalSecondsToLabel") if told is None else told)


def _review(
    label: Object, said: Said, review: Object | None, reading: Reading
) -> tuple[Verdict | None, str | None, int | None]:
    """What a review says: it is a label, and the same as the reviewed one where that was right."""
    if review is None:
        return (Verdict.REJECTED if label.get("isSentBackToQueue") else None), None, None
    right = answers(review, reading) == said
    by, at = reading.person(_author(review)), reading.at(review.get("createdAt"))
    return (Verdict.ACCEPTED if right else Verdict.FIXED), by, at


def _prediction(label: Object, item: ItemRecord, reading: Reading) -> PredictionRecord:
    model = name(label.get("modelName")) or ""
    at = reading.at(label.get("createdAt"))
    return PredictionRecord(
        project=item.project,
        item=item.native_id,
        native_id=f"prediction-{hashed(item.native_id, model)}",
        model_version=model,
        created_at=at,
        revision=at,
        answers=answers(label, reading, looked=False),
    )

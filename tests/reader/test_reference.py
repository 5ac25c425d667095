"""Published tables through the warehouse: rollups in between change no digit."""

import json
import re

import pytest

from labelpulse.core.events import Status
from tests.reader.world import Say, World, at
from tests.stats import tables

PUBLISHED = """
krippendorff2011_a_binary_2x10 nominal 0,1 alpha=.095238:10
krippendorff2011_b_nominal_2x12 nominal a,b,c,d,e alpha=.691964
krippendorff2011_c_4x12 nominal 1,2,3,4,5 alpha=.743421:11 percent=.818182
krippendorff2011_c_4x12 ordinal 1,2,3,4,5 alpha=.815388:11 percent=.818182
krippendorff2011_c_4x12 interval 1,2,3,4,5 alpha=.849107:11
krippendorff2011_c_4x12 ratio 1,2,3,4,5 alpha=.797403:11
gwet2014_table2_15_4x12 nominal a,b,c,d,e percent=.8182:11 alpha=.7434 fleiss=.7612 ac1=.7754
gwet2014_table2_15_4x12 nominal a,b,c,d,e bp=.7727
gwet2014_table2_15_4x12 ordinal a,b,c,d,e alpha=.8154 fleiss=.86494 ac1=.91400 bp=.90152
gwet2014_abstractors_3x3 nominal ectopic,aiu,niu fleiss=.79624 ac1=.84933 bp=.835
gwet2014_abstractors_3x3 nominal ectopic,aiu,niu alpha=.79726 percent=.89:100
gwet_diagnosis_4x4 nominal schizophrenia,bipolar,depression,other fleiss=.43034:223 ac1=.45616
gwet_diagnosis_4x4 nominal schizophrenia,bipolar,depression,other bp=.44993 alpha=.43162
"""


@pytest.mark.parametrize("line", PUBLISHED.strip().splitlines())
def test_published(world: World, line: str):
    name, scale, labels, told = line.split(maxsplit=3)
    if name.endswith(("3x3", "4x4")):
        cells = tables.square(name, labels)
        given = [
            {"a": labels.split(",")[c], "b": labels.split(",")[k]}
            for c, k in tables.items_of_square(cells)
        ]
    else:
        given = list(tables.answers(name).values())
    says = [
        Say(f"i{n}", who, label, at(0, n))
        for n, item in enumerate(given)
        for who, label in item.items()
    ]
    world.project(says, controls={"label": {"scale": scale, "labels": labels.split(",")}})
    for metric, value, n in re.findall(r"(\w+)=([\d.]+):?(\d*)", told):
        row = world.one(f"agreement_{metric}")
        assert row["value"] == pytest.approx(float(value), abs=5e-5)
        assert row["n"] == (int(n) if n else row["n"])


@pytest.mark.parametrize("after", [False, True])
def test_ranges_of_days_and_late_changes(world: World, after: bool):
    dates = {"2026-03-01": 0, "2026-03-02": 1, "2026-03-03": 2, "2026-03-04": 3}
    told = {
        (row["item"], row["annotator"]): (row["agreement_day"], row["label"])
        for row in tables.rows("derived_rollup_labels")
    }
    ops = json.loads((tables.REFERENCE / "derived_rollup_ops.json").read_text())
    deleted = set()
    if after:
        day, item, who, label = ops["edit"]["set"]
        told[item, who] = day, label
        deleted.add((ops["delete"][1], ops["delete"][2]))
        day, item, who, label = ops["add"]
        told[item, who] = day, label
    assert dates.keys() >= {day for day, _ in told.values()}
    offset = 727  # days from 4 March 2024 to 1 March 2026
    says = [
        Say(
            item,
            who,
            label,
            at(offset + dates[day]),
            Status.SUBMITTED,
            deleted=(item, who) in deleted,
        )
        for (item, who), (day, label) in told.items()
    ]
    world.project(says, controls={"label": {"labels": ["bird", "cat", "dog"]}})
    state = "after_ops" if after else "original"
    rows = [row for row in tables.rows("derived_rollup_expected") if row["state"] == state]
    assert rows
    for row in rows:
        for metric, column in (
            ("agreement_percent", "percent_agreement"),
            ("agreement_alpha", "alpha_nominal"),
            ("agreement_fleiss", "fleiss_general"),
            ("agreement_ac1", "gwet_ac1"),
        ):
            found = world.one(metric, since=row["from"], until=row["to"])
            assert found["value"] == pytest.approx(float(row[column]), abs=1e-6)
            assert found["n"] == int(row["items_2plus"])

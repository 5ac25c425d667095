"""Alerts: false ones on noise and on calm projects, and what the starter rules find, and when."""

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median

from labelpulse.config import Alert
from tests.alerts.calm import DAYS, PEOPLE, Trouble
from tests.alerts.noise import SEEDS, run
from tests.alerts.watching import fired, rules_of_starter
from tests.validate.report import Bar, Section

CALM_RUNS, RUNS = 30, 15
CALM_FROM, FROM = 600, 1100
"""First seeds: others than those that rules were tuned on."""
MONTHS = DAYS / 30
POLICIES = ((1, 0), (3, 0), (3, 5), (5, 5))
"""`for`, `keep_firing`."""
LATE, EARLY = 60, 30
TROUBLES = (
    ("agreement .87 → .79", Trouble(LATE, agreement=0.79), ("agreement left its band",)),
    ("pace halved", Trouble(LATE, pace=0.5), ("pace left its band",)),
    ("skips times 3", Trouble(LATE, skips=3), ("many skips",)),
    ("queue times 4, within a fortnight", Trouble(LATE, queue=4), ("queue grows",)),
    (
        "one person 15 points under the usual",
        Trouble(EARLY, wrong=0.15),
        ("accuracy of one person fell", "wrong more often than the others"),
    ),
    (
        "one person 25 points under the usual",
        Trouble(EARLY, wrong=0.25),
        ("accuracy of one person fell", "wrong more often than the others"),
    ),
)
TEXT = f"""\
A noisy series of 1,000 steps (1.67 standard deviations within its line) with incidents of 60, 5 and
100 steps (as far beyond it), {SEEDS} times, through the rules' own steps: how often a rule fires in
an incident, and beside them. `for` keeps noise from firing, `keep_firing` keeps what fires from
being told again and again; the price of a longer `for` is that short incidents are missed."""
CALM_TEXT = f"""\
The starter rules on {{runs}} calm projects of {DAYS} days, none of which they were tuned on: some
235 answers on a working day by ten to twelve people, four items in ten with two answers, of which
87 in 100 are alike, 6.5 % known answers, accuracies of .84 to .94, 3 % skips, day effects (sd .02)
in agreement and accuracy, labels that vary by day, week-ends, a holiday, a second batch, and two
newcomers. Rules on days are back-tested; those as of now are looked at every evening. Who is right
in 84 of 100 is less often right than the others, so what is told of people is not always false.
Wanted: one alert a month of all rules together, at most."""
FOUND_TEXT = f"""\
The same with one trouble each, {{runs}} times, from day {LATE} on, a person's from day {EARLY}: how
often a rule on it fires later, and after how many calendar days. At 6.5 % known answers a person
meets one or two a day: what is not found of people cannot be told from chance on so few."""


def section(quick: bool) -> Section:
    """Return what alerts do on noise, on calm projects, and on troubled ones."""
    rows, bars = _noise(20 if quick else SEEDS)
    calm = _calm(1 if quick else CALM_RUNS)
    bars += calm[1]
    found = _found(1 if quick else RUNS)
    tables = (
        (CALM_TEXT.format(runs=CALM_RUNS), ("rule", "alerts a month"), calm[0]),
        (FOUND_TEXT.format(runs=RUNS), ("trouble", "found", "median days", "most"), found[0]),
    )
    header = ("for, keep_firing", "60 steps", "5 steps", "100 steps", "false a run")
    bars += found[1]
    return Section("alerts", "Alerts", TEXT, header, rows, bars=bars, tables=tables)


def _noise(seeds: int) -> tuple[list[list[str]], list[Bar]]:
    rows, bars = [], []
    for waits in POLICIES:
        found = run(*waits, seeds=seeds)
        means = found.fires.mean(axis=0)
        rows.append(
            ["{}, {}".format(*waits), *(f"{one:.2f}" for one in means), f"{found.false.mean():.2f}"]
        )
        if waits == (3, 5):
            bars = [
                Bar("times that a rule fires in one incident, the most", found.fires.max(), high=1),
                Bar("false alerts on 1,000 noisy steps", found.false.mean(), high=0.1),
                Bar("share of incidents of 5 steps that are caught", means[1], low=0.94),
            ]
    return rows, bars


def _calm(runs: int) -> tuple[list[list[str]], list[Bar]]:
    rules = rules_of_starter()
    told = [one for seed in range(runs) for one in fired(CALM_FROM + seed, rules)]
    count = Counter(one.rule for one in told)
    rows = [[one.name, _monthly(count[one.name], runs)] for one in rules]
    rows.sort(key=lambda row: -float(row[1]))
    monthly = len(told) / runs / MONTHS
    bar = Bar("alerts a month on a calm project, all starter rules", monthly, high=1)
    return [*rows, ["together", _monthly(len(told), runs)]], [bar]


def _monthly(n: int, runs: int) -> str:
    return f"{n / runs / MONTHS:.3f}"


def _found(runs: int) -> tuple[list[list[str]], list[Bar]]:
    rows, bars = [], []
    for name, trouble, names in TROUBLES:
        rules = [one for one in rules_of_starter() if one.name in names]
        delays = sorted(_delays(runs, trouble, rules))
        share = len(delays) / runs
        told = [f"{median(delays):g}", f"{delays[-1]}"] if delays else ["", ""]
        rows.append([name, f"{share:.0%}", *told])
        if not trouble.wrong:
            bars.append(Bar(f"share that is found: {name}", share, low=0.75))
    return rows, bars


def _delays(runs: int, trouble: Trouble, rules: Sequence[Alert]) -> Iterator[int]:
    """Yield for each run in which it is found after how many days; a person's: of that person."""
    for seed in range(FROM, FROM + runs):
        told = [one for one in fired(seed, rules, trouble) if one.day >= trouble.day]
        if trouble.wrong:
            told = [one for one in told if one.subject.endswith(f" {PEOPLE[0]}")]
        if told:
            yield told[0].day - trouble.day

"""Measure false alerts on noise and on calm projects, and which problems the starter rules find."""

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median

from benchmarks.simulators.calm_project import DAYS, PEOPLE, Trouble
from benchmarks.simulators.noisy_series import SEEDS, run_rule
from benchmarks.simulators.rule_runs import find_firings, starter_rules
from benchmarks.validation.report import Requirement, Section
from labelpulse.config import Alert

CALM_RUNS, RUNS = 30, 15
CALM_FROM, FROM = 600, 1100
"""First seeds, different from those that the rules were tuned on."""
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
    """Run the simulations of alerts."""
    rows, requirements = _measure_noise(20 if quick else SEEDS)
    calm = _measure_calm_projects(1 if quick else CALM_RUNS)
    requirements += calm[1]
    troubles = _measure_troubles(1 if quick else RUNS)
    tables = (
        (CALM_TEXT.format(runs=CALM_RUNS), ("rule", "alerts a month"), calm[0]),
        (FOUND_TEXT.format(runs=RUNS), ("trouble", "found", "median days", "most"), troubles[0]),
    )
    header = ("for, keep_firing", "60 steps", "5 steps", "100 steps", "false a run")
    requirements += troubles[1]
    return Section("alerts", "Alerts", TEXT, header, rows, requirements=requirements, tables=tables)


def _measure_noise(seeds: int) -> tuple[list[list[str]], list[Requirement]]:
    rows, requirements = [], []
    for policy in POLICIES:
        outcome = run_rule(*policy, seeds=seeds)
        means = outcome.fires.mean(axis=0)
        rows.append(
            [
                "{}, {}".format(*policy),
                *(f"{mean:.2f}" for mean in means),
                f"{outcome.false.mean():.2f}",
            ]
        )
        if policy == (3, 5):
            requirements = [
                Requirement(
                    "times that a rule fires in one incident, the most", outcome.fires.max(), high=1
                ),
                Requirement("false alerts on 1,000 noisy steps", outcome.false.mean(), high=0.1),
                Requirement("share of incidents of 5 steps that are caught", means[1], low=0.94),
            ]
    return rows, requirements


def _measure_calm_projects(runs: int) -> tuple[list[list[str]], list[Requirement]]:
    rules = starter_rules()
    alerts = [alert for seed in range(runs) for alert in find_firings(CALM_FROM + seed, rules)]
    count = Counter(alert.rule for alert in alerts)
    rows = [[alert.name, _monthly(count[alert.name], runs)] for alert in rules]
    rows.sort(key=lambda row: -float(row[1]))
    monthly = len(alerts) / runs / MONTHS
    requirement = Requirement(
        "alerts a month on a calm project, all starter rules", monthly, high=1
    )
    return [*rows, ["together", _monthly(len(alerts), runs)]], [requirement]


def _monthly(n: int, runs: int) -> str:
    return f"{n / runs / MONTHS:.3f}"


def _measure_troubles(runs: int) -> tuple[list[list[str]], list[Requirement]]:
    rows, requirements = [], []
    for name, trouble, names in TROUBLES:
        rules = [rule for rule in starter_rules() if rule.name in names]
        delays = sorted(_days_until_alert(runs, trouble, rules))
        share = len(delays) / runs
        cells = [f"{median(delays):g}", f"{delays[-1]}"] if delays else ["", ""]
        rows.append([name, f"{share:.0%}", *cells])
        if not trouble.wrong:
            requirements.append(Requirement(f"share that is found: {name}", share, low=0.75))
    return rows, requirements


def _days_until_alert(runs: int, trouble: Trouble, rules: Sequence[Alert]) -> Iterator[int]:
    """Yield the days until the first alert, for each run that has one."""
    for seed in range(FROM, FROM + runs):
        alerts = [alert for alert in find_firings(seed, rules, trouble) if alert.day >= trouble.day]
        if trouble.wrong:
            alerts = [alert for alert in alerts if alert.subject.endswith(f" {PEOPLE[0]}")]
        if alerts:
            yield alerts[0].day - trouble.day

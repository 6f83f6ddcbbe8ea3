# SPDX-License-Identifier: Apache-2.0
"""What patchbay is held to. Each goal is a row: what, goal, measured, whether it is met (None: not measured)."""
import dataclasses

from .peers import BASE, LIMIT, OURS

OURS_IPTABLES = "patchbay-iptables"
OTHERS = ("recent-iptables", "recent-nftables", "netavark")


@dataclasses.dataclass(frozen=True)
class Goal:
    """At least so many times less wall and CPU time than the reference; at most so many calls."""
    title: str
    case: str
    verb: str
    n: int = 0
    wall: float = 0
    cpu: float = 0
    execs: int = 0
    syscalls: int = 0
    ours: str = OURS
    parallel: int = 0


GOALS = (
    Goal("ADD bridge + host-local", "hl", "ADD", 0, 5, 8, 1, 90),
    Goal("ADD + ipMasq + 1 port", "pm1", "ADD", 0, 20, 22, 2, 130),
    Goal("ADD + 10 ports", "pm10", "ADD", 0, 30, 55, 2, 150),
    Goal("ADD + ipMasq + 1 port beside 1,000", "pm1", "ADD", 1000, 60, 90, 2, 130),
    Goal("DEL + 1 port", "pm1", "DEL", 0, 12, 16, 2, 120),
    Goal("DEL + 1 port beside 1,000", "pm1", "DEL", 1000, 30, 30, 2, 120),
    Goal("64 ADD at once", "parallel", "ADD", 0, 25, parallel=64),
    Goal("64 DEL at once", "parallel", "DEL", 0, 15, parallel=64),
    Goal("host-local ADD beside 4,000 leases", "host-local", "ADD", 4000, 10, 25, 1, 60),
    Goal("iptables: ADD + 1 port", "pm1", "ADD", 0, 15, ours=OURS_IPTABLES),
    Goal("iptables: ADD + 1 port beside 1,000", "pm1", "ADD", 1000, 0, 40, ours=OURS_IPTABLES),
)


def row(title, goal, measured, met):
    return {"title": title, "goal": goal, "measured": measured, "met": met}


def at_least(title, wanted, ratio):
    return row(title, f"≥ {wanted:g}x", "-" if ratio is None else f"{ratio:.1f}x",
               None if ratio is None else ratio >= wanted)


def at_most(title, wanted, value, unit=""):
    shown = "-" if value is None else f"{value:.2f}{unit}" if isinstance(value, float) else f"{value}{unit}"
    return row(title, f"≤ {wanted:g}{unit}", shown, None if value is None else value <= wanted)


def of_goal(results, goal):
    more = {"n": goal.n} | ({"parallel": goal.parallel} if goal.parallel else {})
    where = (goal.case, BASE, goal.ours, goal.verb)
    if goal.wall:
        yield at_least(f"{goal.title}: wall", goal.wall, results.ratio("wall_ms", *where, **more))
    if goal.cpu:
        yield at_least(f"{goal.title}: CPU", goal.cpu, results.ratio("cpu_ms", *where, **more))
    for field, wanted, name in (("execs", goal.execs, "execs"), ("syscalls", goal.syscalls, "system calls")):
        if wanted:
            yield at_most(f"{goal.title}: {name}", wanted,
                          results.value(field, goal.case, goal.ours, goal.verb, **more))
    if goal.parallel:
        yield at_most(f"{goal.title}: failures", 0, results.value("failures", goal.case, goal.ours, goal.verb, **more))


def quotient(above, below):
    return above / below if above is not None and below else None


def of_memory(results):
    for n in (0, 1000):
        ratio = quotient(results.value("rss_kb", "pm1", OURS, "ADD", n=n),
                         results.value("rss_kb", "pm1", BASE, "ADD", n=n))
        yield at_most(f"peak RSS of ADD + 1 port beside {n:,}", 0.25, ratio, "x")
    growth = quotient(results.value("rss_kb", "pm1", OURS, "ADD", n=1000),
                      results.value("rss_kb", "pm1", OURS, "ADD", n=0))
    yield at_most("peak RSS beside 1,000 : 0", 1.1, growth)


def of_growth(results):
    calls = quotient(results.value("syscalls", "host-local", OURS, "ADD", n=4000),
                     results.value("syscalls", "host-local", OURS, "ADD", n=0))
    yield at_most("host-local: system calls beside 4,000 : 0", 1.02, calls)
    latency = quotient(results.value("min_us", "connect", OURS, "", n=1000),
                       results.value("min_us", "connect", OURS, "", n=0))
    yield at_most("new connection through 1,001 ports : 1 port, least latency", 1.05, latency)


def of_limit(results):
    for case, verb in (("hl", "ADD"), ("pm1", "ADD"), ("hl", "DEL"), ("pm1", "DEL")):
        yield at_most(f"{verb}, {case}: wall against floor", 1.6,
                      quotient(results.value("wall_ms", case, OURS, verb, n=0),
                               results.value("wall_ms", case, LIMIT, verb, n=0)), "x")


def of_others(results):
    """Every row in which somebody else did the work is won, in wall and in CPU time. Who failed was no quicker."""
    for other in OTHERS:
        ratios = {}
        for record in results.records:
            if record["peer"] != other or not record["verb"] or record["case"] == "gc" or record["failures"]:
                continue
            where = {key: record[key] for key in ("n", "parallel") if key in record}
            for field in ("wall_ms", "cpu_ms"):
                ratio = results.ratio(field, record["case"], other, OURS, record["verb"], **where)
                if ratio is not None:
                    ratios[f"{record['case']} {record['verb']} n={record['n']} {field[:-3]}"] = ratio
        if not ratios:
            yield row(f"against {other}", "every row > 1x", "-", None)
            continue
        worst = min(ratios, key=ratios.get)
        won = sum(ratio > 1 for ratio in ratios.values())
        yield row(f"against {other}", "every row > 1x",
                  f"{won} of {len(ratios)}; least {ratios[worst]:.1f}x ({worst})", won == len(ratios))


def evaluate(results):
    rows = [one for goal in GOALS for one in of_goal(results, goal)]
    for more in (of_memory, of_growth, of_limit, of_others):
        rows += more(results)
    return rows

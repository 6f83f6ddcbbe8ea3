# SPDX-License-Identifier: Apache-2.0
"""Called by scripts/bench, which tells about the options."""
import argparse
import dataclasses
import json
import pathlib
import signal
import sys
import time

from . import cases, peers, report, results


def arguments():
    numbers = lambda text: tuple(sorted(int(word) for word in text.split(",")))  # noqa: E731
    parser = argparse.ArgumentParser(prog="scripts/bench", add_help=False)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", action="append", choices=[*peers.SHAPES, *(set(cases.CASES) - {"growth"})])
    parser.add_argument("--peer", action="append", choices=list(peers.PEERS))
    parser.add_argument("--runs", type=int)
    parser.add_argument("--sizes", type=numbers)
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("--render", type=pathlib.Path)
    return parser.parse_args()


def plan_of(options):
    plan = cases.QUICK if options.quick else cases.FULL
    if options.runs:
        plan = dataclasses.replace(plan, rounds=(options.runs, options.runs))
    if options.sizes:
        plan = dataclasses.replace(plan, sizes=options.sizes)
    return plan


def kind_of(options):
    if options.only or options.peer or options.runs or options.sizes:
        return "partial"
    return "quick" if options.quick else "full"


def measure(options):
    """The failure that ended it early, or None; and the document."""
    chosen, missing = peers.available()
    if options.peer:
        chosen = [peer for peer in chosen if peer.key in options.peer]
    for key, reason in missing.items():
        print(f"bench: without {peers.PEERS[key].title}: {reason}")
    shapes = [shape for key, shape in peers.SHAPES.items() if not options.only or key in options.only]
    bench = cases.Bench(plan_of(options), chosen, shapes)
    machine = results.machine()
    failure = None
    try:
        for name, case in cases.CASES.items():
            if not options.only or name in options.only or (name == "growth" and shapes):
                case(bench)
    except RuntimeError as error:  # what was measured before is worth keeping
        failure = error
    finally:
        bench.close()
    return failure, {"kind": "interrupted" if failure else kind_of(options), "machine": machine | {"load_after": results.load()},
            "seconds": round(time.monotonic() - bench.start), "missing": missing, "fills": bench.fills,
            "plan": dataclasses.asdict(bench.plan), "records": bench.records}


def main():
    options = arguments()
    out = options.out or peers.REPOSITORY / ("build/bench" if options.quick or options.only or options.peer
                                             or options.runs or options.sizes else "docs/performance")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the worlds are closed
    failure = None
    if options.render:
        document = json.loads(options.render.read_text())
    else:
        peers.make_shims()
        failure, document = measure(options)
        if failure:
            out = out / "interrupted"
    report.write(document, out)
    for goal in document["goals"]:
        if goal["met"] is not None:
            print(f"bench: {'met    ' if goal['met'] else 'not met'} {goal['title']}: {goal['measured']} ({goal['goal']})")
    print(f"bench: {out}/report.md")
    if failure:
        sys.exit(f"bench: ended early: {failure}")


main()

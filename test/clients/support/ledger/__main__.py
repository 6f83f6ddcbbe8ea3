#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""ledger check [FOREIGN...] | ledger snapshot

check     every interface, lease, limit and rule on this node belongs to a live attachment, and every attachment
          has its own; says what is not so, and fails. FOREIGN: links, and bridges with their ports, of others.
snapshot  what there is on this node, a line each, to be compared
"""
import re
import sys

import kernel
import state
from comparison import Comparison


def snapshot() -> list[str]:
    lines = [f"namespace {namespace.path}" for namespace in kernel.namespaces() if namespace.path[:6] != "/proc/"]
    for link in kernel.links():
        lines.append(f"link {link.name} {link.kind} {link.master} {' '.join(sorted(link.addresses))}")
    routes = kernel.run("ip", "-4", "route", "show", "table", "all") + kernel.run("ip", "-6", "route", "show", "table", "main")
    # A bridge loses its carrier some time after its last port; routes of router advertisements count down.
    lines += ["route " + re.sub(" linkdown| expires [0-9]+sec", "", route) for route in routes.splitlines()
              if "fe80::" not in route]
    lines += [f"rule {statement}" for statement in kernel.statements()]
    return sorted(lines + [f"file {path}" for path in state.files()])


def main(arguments: list[str]) -> int:
    match arguments:
        case ["snapshot"]:
            print("\n".join(snapshot()))
            return 0
        case ["check", *foreign]:
            complaints = Comparison(set(foreign)).all()
            for complaint in complaints:
                print(f"ledger: {complaint}", file=sys.stderr)
            return 1 if complaints else 0
        case _:
            print(__doc__, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

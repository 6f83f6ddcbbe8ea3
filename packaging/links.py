# SPDX-License-Identifier: Apache-2.0
"""usage: links.py FILE.md...

Names every relative link that leads to no file, or to no heading of it; fails when there is one.
"""
import re
import sys
from pathlib import Path


def anchors(page):
    """Of every heading, as GitHub makes them."""
    headings = re.findall(r"(?m)^#+ (.*)$", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(page):
    for link in re.findall(r"\]\(([^) ]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        if ":" in path:
            continue
        target = (page.parent / path) if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield link


def main():
    failures = [f"{page}: {link} leads nowhere" for page in map(Path, sys.argv[1:]) for link in broken(page)]
    print("\n".join(failures), end="\n" if failures else "")
    sys.exit(bool(failures))


main()

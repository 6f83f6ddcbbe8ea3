# SPDX-License-Identifier: Apache-2.0
"""What the kernel has, asked with the distribution's tools alone."""
import glob
import json
import os
import re
import subprocess
from dataclasses import dataclass, field


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@dataclass(frozen=True)
class Namespace:
    identity: tuple[int, int]  # device and inode
    path: str


@dataclass
class Link:
    name: str
    kind: str
    index: int
    peer: int  # index of the other end of a veth
    master: str
    mac: str
    addresses: set[str] = field(default_factory=set)  # with their prefix lengths; none that is link-local


def identity_of(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def namespaces() -> list[Namespace]:
    """Every network namespace but this one: those that are mounted, and those of processes."""
    own = identity_of("/proc/self/ns/net")
    with open("/proc/self/mountinfo") as mounts:
        paths = [line.split()[4] for line in mounts if " - nsfs " in line and line.split()[3].startswith("net:")]
    found: dict[tuple[int, int], Namespace] = {}
    for path in paths + glob.glob("/proc/[0-9]*/ns/net"):
        identity = identity_of(path)  # None: of a process that is gone or of somebody else
        if identity not in (None, own):
            found.setdefault(identity, Namespace(identity, path))
    return list(found.values())


def links(namespace: Namespace | None = None) -> list[Link]:
    enter = ["nsenter", f"--net={namespace.path}"] if namespace else []
    try:
        shown = run(*enter, "ip", "-json", "-details", "address")
    except subprocess.CalledProcessError:
        if namespace and namespace.path.startswith("/proc/"):
            return []  # its process has ended, or is of a user whose namespaces are not ours
        raise
    found = []
    for link in json.loads(shown or "[]"):
        if link["ifname"] == "lo":
            continue
        addresses = {f'{a["local"]}/{a["prefixlen"]}' for a in link["addr_info"] if a["scope"] != "link"}
        found.append(Link(link["ifname"], link.get("linkinfo", {}).get("info_kind", ""), link["ifindex"],
                          link.get("link_index", 0), link.get("master", ""), link.get("address", ""), addresses))
    return found


def rate_towards(link: str) -> int | None:
    """Bits a second that a token bucket lets out through this link."""
    for qdisc in json.loads(run("tc", "-json", "qdisc", "show", "dev", link, "root")):
        if qdisc["kind"] == "tbf":
            return int(qdisc["options"]["rate"]) * 8
    return None


def redirection_of(link: str) -> str | None:
    """The link that what comes in through this one is sent through."""
    shown = run("tc", "filter", "show", "dev", link, "ingress")
    found = re.search(r"[Rr]edirect to device (\S+)\)", shown)
    return found[1] if found else None


# --- rules: one text each, whoever keeps them ---------------------------------------------------------


def nftables() -> list[dict]:
    return json.loads(run("nft", "--json", "list", "ruleset"))["nftables"]


def _elements(objects: list[dict]) -> list[tuple[str, str]]:
    """(set, element) of every set and map."""
    found = []
    for kind in ("set", "map"):
        for entry in (o[kind] for o in objects if kind in o):
            name = f'{entry["family"]} {entry["table"]} {entry["name"]}'
            found += [(name, json.dumps(element)) for element in entry.get("elem", [])]
    return found


def _without_numbers(rule: dict) -> dict:
    """Without what counts up while nothing changes."""
    return {key: value for key, value in rule.items() if key != "handle"}


def _nft_rules(objects: list[dict]) -> list[str]:
    rules = [json.dumps(_without_numbers(o["rule"])) for o in objects if "rule" in o]
    return [re.sub(r'"counter": \{[^}]*\}', '"counter": {}', rule) for rule in rules]


def _saved(program: str) -> list[str]:
    """Rules as iptables-save prints them, each after its table."""
    table, found = "", []
    for line in run(program).splitlines():
        if line.startswith("*"):
            table = line[1:]
        elif line.startswith("-A"):
            found.append(f"{program} {table} {line}")
    return found


def iptables(objects: list[dict]) -> list[str]:
    """Of both variants; the old one is looked at only where it is in use, as a look would load it."""
    found = []
    for family, prefix in (("ip", "iptables"), ("ip6", "ip6tables")):
        if any("table" in o and o["table"]["family"] == family for o in objects):
            found += _saved(f"{prefix}-nft-save")
        try:
            with open(f"/proc/net/{family}_tables_names") as names:
                in_use = names.read().strip()
        except OSError:
            in_use = ""
        if in_use:
            found += _saved(f"{prefix}-legacy-save")
    return found


def statements() -> list[str]:
    objects = nftables()
    return _nft_rules(objects) + [f"{name} {element}" for name, element in _elements(objects)] + iptables(objects)

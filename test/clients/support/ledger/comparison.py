# SPDX-License-Identifier: Apache-2.0
"""Whether all that there is belongs to a live attachment, and the other way round.

Three witnesses that know nothing of each other must agree: the runtime (its cached results), the kernel
(links, rules, queues) and the state on disk (leases); and then our own audit, with all of them.
"""
import ipaddress
import json
import os
import re
import subprocess

import kernel
import state

_ADDRESS = re.compile(r"(?<![\w:.])(?:\d+\.\d+\.\d+\.\d+|[0-9a-fA-F]*:[0-9a-fA-F:]*:[0-9a-fA-F:.]*)(?!\w|/(?!32\b|128\b))")


def addresses_in(text: str) -> set[str]:
    """Those that are written there; not those of subnets."""
    found = set()
    for match in _ADDRESS.findall(text):
        try:
            found.add(str(ipaddress.ip_address(match)))
        except ValueError:
            continue  # a MAC, or "::"-like punctuation
    return found


class Comparison:
    def __init__(self, foreign: set[str]) -> None:
        self.foreign = foreign  # host links, and bridges with their ports, that are others' business
        self.complaints: list[str] = []
        self.attachments = state.attachments()
        host = kernel.links()
        self.host = [link for link in host if not foreign & {link.name, link.master}]
        others = {link.index for link in host} - {link.index for link in self.host}
        self.foreign_subnets = [ipaddress.ip_interface(cidr).network for link in host if link.index in others
                                for cidr in link.addresses]
        self.inside = [(namespace, link) for namespace in kernel.namespaces()
                       for link in kernel.links(namespace) if link.peer not in others]
        self.statements = kernel.statements()

    def same(self, what: str, there_is, there_should_be) -> None:
        for extra in sorted(map(str, set(there_is) - set(there_should_be))):
            self.complaints.append(f"{what} of nobody: {extra}")
        for missing in sorted(map(str, set(there_should_be) - set(there_is))):
            self.complaints.append(f"{what} missing: {missing}")

    # --- links --------------------------------------------------------------------------------------

    def interfaces(self) -> None:
        """Those in containers are as the runtime was told, and there are no others."""
        self.same("interface",
                  [(namespace.identity, link.name, link.mac, tuple(sorted(link.addresses)))
                   for namespace, link in self.inside],
                  [(kernel.identity_of(a.namespace), a.interface, a.mac, tuple(sorted(a.cidrs)))
                   for a in self.attachments])

    def host_end(self, attachment: state.Attachment) -> kernel.Link | None:
        identity = kernel.identity_of(attachment.namespace)
        peers = [link.peer for namespace, link in self.inside
                 if namespace.identity == identity and link.name == attachment.interface]
        return next((link for link in self.host if link.index in peers), None)

    def host_ends(self) -> None:
        ends = {a.owner: self.host_end(a) for a in self.attachments}
        self.same("host end", [link.name for link in self.host if link.kind == "veth"],
                  [end.name if end else f"of {owner}" for owner, end in ends.items()])
        self.same("bridge port", [(link.name, link.master) for link in self.host if link.kind == "veth"],
                  [(end.name, a.main.get("bridge", "cni0") if a.main["type"] == "bridge" else "")
                   for a in self.attachments if (end := ends[a.owner])])

    def limits(self) -> None:
        """Queues do what the runtime asked for, and every ifb is of one of them."""
        there_is, wanted, used = [], [], set()
        for a in self.attachments:
            end = self.host_end(a)
            wanted.append((a.owner, a.limits.get("ingressrate") or None, a.limits.get("egressrate") or None))
            if end is None:
                continue
            ifb = kernel.redirection_of(end.name)
            used |= {ifb} - {None}
            there_is.append((a.owner, kernel.rate_towards(end.name), kernel.rate_towards(ifb) if ifb else None))
        self.same("bandwidth", there_is, wanted)
        self.same("ifb", [link.name for link in self.host if link.kind == "ifb"], used)

    # --- leases and rules ------------------------------------------------------------------------------

    def leases(self) -> None:
        self.same("lease", state.leases(), [(a.network, address, a.container, a.interface)
                                            for a in self.attachments if a.leased for address in a.addresses])

    def mentions(self) -> None:
        """No rule or element names an address of our subnets that nobody has; masquerading names those it must."""
        subnets = [ipaddress.ip_interface(cidr).network for a in self.attachments for cidr in a.cidrs]
        spared = {str(n.network_address) for n in subnets} | {ip.get("gateway") for a in self.attachments
                                                              for ip in a.result.get("ips", [])}
        live = {address for a in self.attachments for address in a.addresses}
        for statement in self.statements:
            for address in addresses_in(statement) - live - spared:
                if any(ipaddress.ip_address(address) in subnet for subnet in subnets):
                    self.complaints.append(f"rule about {address}, which is nobody's: {statement}")
        masquerading = [s for s in self.statements if re.search(r"patchbay masq_(?!all)| nat -A POSTROUTING ", s)]
        self.same("masquerading", [address for address in live if any(address in addresses_in(s) for s in masquerading)],
                  {address for a in self.attachments if a.masqueraded for address in a.addresses})

    def forwards(self) -> None:
        found = set()
        for statement in self.statements:
            found |= _element_forward(statement) or _rule_forward(statement)
        found = {f for f in found if not any(ipaddress.ip_address(f.address) in n for n in self.foreign_subnets)}
        # A container on several networks has its host ports by each of them; one serves.
        ways: dict[tuple, set[state.Forward]] = {}
        for a in self.attachments:
            for way in a.forwards:
                ways.setdefault((a.container, way.protocol, way.host_port, ":" in way.address), set()).add(way)
        self.same("host port", found, set().union(*(choice & found or choice for choice in ways.values())))

    # --- our own view ----------------------------------------------------------------------------------

    def audit(self) -> None:
        tool = os.path.join(os.environ["PATCHBAY_BIN"], "patchbay")
        audit = subprocess.run([tool, "audit", "--json"], check=False, capture_output=True, text=True)
        report = json.loads(audit.stdout)
        problems = [t for t in report["things"] if t["verdict"] not in ("live", "foreign")]
        self.complaints += [f"audit: {p}" for p in problems + report["missing"] + report["failures"]]
        foreign = {t["what"] for t in report["things"] if t["verdict"] == "foreign"}
        self.complaints += [f"audit: foreign: {what}" for what in foreign if not self.foreign & set(re.split(r"\W+", what))]
        if audit.returncode != 0 and not self.complaints:
            self.complaints.append(f"audit: status {audit.returncode}: {audit.stderr}")
        for kind in ("link", "record", "cache entry"):
            self.same(f"audit: {kind}", self.owners_of(report, kind), [a.owner for a in self.attachments])

    @staticmethod
    def owners_of(report: dict, kind: str) -> list[str]:
        """Whose cables, and whose records and results that the main plugins or the runtime have written."""
        things = [t for t in report["things"] if t["kind"] == kind and t["owner"].count("/") == 2]
        if kind == "record":
            things = [t for t in things if re.match("/run/patchbay/(bridge|veth)/", t["what"])]
        return [t["owner"] for t in things if not t["owner"].startswith("cni-loopback/")]

    def all(self) -> list[str]:
        for question in (self.interfaces, self.host_ends, self.limits, self.leases, self.mentions, self.forwards,
                         self.audit):
            question()
        return self.complaints


_PORT_MAP = re.compile(r"patchbay (?:\w+_)?hostports[46](?:_ip)? ")


def _element_forward(statement: str) -> set[state.Forward]:
    """Of an element of a map of host ports: protocol and port -> address and port."""
    if not _PORT_MAP.search(statement):
        return set()
    key, target = json.loads(statement[statement.index("["):])
    key = key["elem"]["val"] if "elem" in key else key
    *_, protocol, host_port = key["concat"]
    address, port = target["concat"]
    if ipaddress.ip_address(address).is_unspecified:
        return set()  # keeps a place for those of one address
    return {state.Forward(protocol, int(host_port), address, int(port))}


def _rule_forward(statement: str) -> set[state.Forward]:
    """Of a DNAT rule of iptables."""
    found = re.search(r"-p (\w+) .*--dports? (\d+) .*-j DNAT --to-destination (\S+)", statement)
    if not found:
        return set()
    address, _, port = found[3].rpartition(":")
    return {state.Forward(found[1], int(found[2]), str(ipaddress.ip_address(address.strip("[]"))), int(port))}

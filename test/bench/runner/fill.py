# SPDX-License-Identifier: Apache-2.0
"""N containers that are attached already.

Whoever is quick enough is filled by itself. The others would take many minutes; they get what N of
their own ADDs would have left: rules copied from those that one real ADD made, a lease for each, and
ports on the bridge. All containers of the fill live in one namespace, each with an interface of its own.
"""
import dataclasses
import json
import re

from . import measuring, peers

AT_ONCE = 8  # more would wait for each other: links of one namespace, and the lock of legacy iptables
FIRST_PORT = 2000


def attachment(number):
    return peers.Attachment(f"fill-{number}", "/run/netns/fill", FIRST_PORT + number, f"c{number}")


def fill(world, peer, have, want):
    """From `have` to `want` containers."""
    if want <= have:
        return
    if peer.fills_itself:
        really(world, peer, have, want)
    else:
        rules(world, peer, have, want)
        links(world, have, want)
        leases(world, have, want)


def really(world, peer, have, want):
    for first in range(have, want, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, want))
        batch = measuring.run(world, [peer.chain(peers.FILL, "ADD", attachment(number)) for number in numbers])
        if batch.failures:
            raise RuntimeError(f"{peer.key} fills: {batch.failures[0].output}")


def links(world, have, want):
    batch = "".join(f"link add f{number} numtxqueues 1 numrxqueues 1 up master cni0 type veth "
                    f"peer name c{number} numtxqueues 1 numrxqueues 1 netns fill\n" for number in range(have, want))
    world.run("ip", "-batch", "-", input=batch)
    world.run("ip", "-n", "fill", "-batch", "-",
              input="".join(f"link set c{number} up\n" for number in range(have, want)))


def address(number):
    return f"10.88.{16 + number // 250}.{number % 250 + 1}"


def leases(world, have, want):
    folder = world.file("/var/lib/cni/networks/bench")
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(have, want):
        one = attachment(number)
        (folder / address(number)).write_text(f"{one.container}\r\n{one.ifname}")


# --- rules, copied from a real ADD -----------------------------------------------------------------


@dataclasses.dataclass
class Pattern:
    """What an ADD added, and the words in it that are this container's."""
    lines: list
    address: str
    one: peers.Attachment

    def copy(self, number):
        other = attachment(number)
        words = {self.address: address(number), self.one.container: other.container,
                 str(self.one.port): str(other.port)}
        known = re.compile(r"(?<![\w.])(" + "|".join(map(re.escape, words)) + r")(?![\w.]*\w)")
        chain = re.compile(r"\b(CNI-(?:DN-)?)([0-9a-f]{16,})\b")

        def renamed(match):  # chains are named after digests of their container
            return match[1] + f"{number:0{len(match[2])}x}"

        return [chain.sub(renamed, known.sub(lambda match: words[match[1]], line)) for line in self.lines]


def learn(world, peer):
    """What the second ADD adds: the first makes what all share."""
    one = peers.Attachment("pattern", world.netns("pattern")[0], 1999, "eth0")
    see = nft_objects if peer.backend == "nftables" else iptables_lines

    # Some take what is shared away with the last container: this one stays attached.
    keeper = peers.Attachment("keeper", world.netns("keeper")[0], 1998, "eth0")
    measuring.must(world, peer.chain(peers.FILL, "ADD", keeper), f"{peer.key}: ADD")
    before = see(world, peer)
    added = measuring.must(world, peer.chain(peers.FILL, "ADD", one), f"{peer.key}: ADD")
    known = set(before)
    lines = [line for line in see(world, peer) if line not in known]
    measuring.must(world, peer.chain(peers.FILL, "DEL", one, added.result), f"{peer.key}: DEL")
    return Pattern(lines, own_address(added.result), one)


def own_address(result):
    if "ips" in result:
        return result["ips"][0]["address"].partition("/")[0]
    subnets = result["bench"]["interfaces"]["eth0"]["subnets"]  # netavark
    return subnets[0]["ipnet"].partition("/")[0]


def rules(world, peer, have, want):
    if not hasattr(world, "pattern"):
        world.pattern = learn(world, peer)
    copies = [line for number in range(have, want) for line in world.pattern.copy(number)]
    if peer.backend == "nftables":
        objects = [{"add": json.loads(line)} for line in copies]
        world.run("nft", "-j", "-f", "-", input=json.dumps({"nftables": objects}))
        return
    chains = sorted({line.replace("[0:0]", "").strip() + " [0:0]" for line in copies if line.startswith(":")})
    text = "\n".join(["*nat", *chains, *(line for line in copies if line.startswith("-A")), "COMMIT", ""])
    world.run(peers.SHIMS / peer.tools / "iptables-restore", "--noflush", input=text)


def iptables_lines(world, peer):
    saved = world.run(peers.SHIMS / peer.tools / "iptables-save", "-t", "nat")
    return [re.sub(r"\[\d+:\d+\]", "[0:0]", line) for line in saved.splitlines() if line[:1] in (":", "-")]


def nft_objects(world, _):
    """Rules and chains as JSON without handles; elements of sets and maps as objects of their own."""
    lines = []
    for one in json.loads(world.run("nft", "-j", "list", "ruleset"))["nftables"]:
        (kind, body), = one.items()
        if kind not in ("rule", "chain", "set", "map"):
            continue
        body.pop("handle", None)
        elements = body.pop("elem", []) if kind in ("set", "map") else []
        if kind in ("rule", "chain"):
            lines.append(json.dumps({kind: body}))
        lines += [json.dumps({"element": {"family": body["family"], "table": body["table"], "name": body["name"],
                                          "elem": [element]}}) for element in elements]
    return lines

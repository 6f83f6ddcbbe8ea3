# SPDX-License-Identifier: Apache-2.0
"""What is measured. Every case goes round robin over its peers, so that all see the same machine."""
import dataclasses
import json
import time

from . import fill, measuring, peers, statistics, worlds


@dataclasses.dataclass(frozen=True)
class Plan:
    """How much of it."""
    sizes: tuple  # containers attached already
    parallel: tuple
    leases: tuple
    stale: int
    rounds: tuple  # at least, at most
    seconds: float  # for the rounds of one case at one size, beyond the least
    connect_ms: int


QUICK = Plan(sizes=(0, 100), parallel=(1, 16), leases=(0, 1000), stale=100, rounds=(2, 5), seconds=2, connect_ms=200)
FULL = Plan(sizes=(0, 100, 500, 1000), parallel=(1, 32, 64), leases=(0, 1000, 4000), stale=500, rounds=(5, 20),
            seconds=10, connect_ms=700)

CONNECT_RUNS = 3
FIELDS = ("wall_ms", "cpu_ms", "left_cpu_ms", "rss_kb", "faults")


class Bench:
    """The worlds, the samples and the log of one call of the benchmark."""

    def __init__(self, plan, chosen, shapes):
        self.plan, self.peers, self.shapes = plan, chosen, shapes
        self.open, self.records, self.fills = [], [], {}
        self.start = time.monotonic()

    def say(self, text):
        print(f"bench: {time.monotonic() - self.start:5.0f} s  {text}", flush=True)

    def world(self, peer, *names):
        """With namespaces of these names, and what `peer` takes for granted."""
        world = worlds.World()
        self.open.append(world)
        world.netns(*names)
        if peer.path == peers.FLOOR:
            world.run(peers.REPOSITORY / "test/bench/floor/node.sh")
        return world

    def close(self):
        for world in self.open:
            world.close()

    def rounds(self, one_round):
        """As many as the plan has time for, after one that is not counted."""
        one_round(None)
        least, most = self.plan.rounds
        start = time.monotonic()
        samples = {}
        for done in range(most):
            if done >= least and time.monotonic() - start > self.plan.seconds:
                break
            one_round(samples)
        return samples

    def record(self, case, peer, verb, samples, **more):
        row = {"case": case, "peer": peer.key, "verb": verb, "runs": len(samples), **more}
        row |= {field: statistics.summary([getattr(sample, field) for sample in samples]) for field in FIELDS
                if hasattr(samples[0], field)}
        row["failures"] = sum(sample.code != 0 for sample in samples)
        self.records.append(row)
        return row

    def add_counts(self, counts, **which):
        """To the record that is described so."""
        row, = (row for row in self.records if all(row.get(key) == value for key, value in which.items()))
        row |= {"execs": counts.execs, "syscalls": counts.syscalls}


def measured(number=0):
    return peers.Attachment(f"measured-{number}", f"/run/netns/m{number}", 30000 + 10 * number)


def collect(samples, key, sample):
    if samples is not None:
        samples.setdefault(key, []).append(sample)


# --- one container comes and goes, beside N --------------------------------------------------------


def come_and_go(bench, nodes, shape, case, **more):
    """ADD, CHECK and DEL of one container, by every peer that knows the shape."""
    able = [(peer, world) for peer, world in nodes if shape.key in peer.shapes]

    def one_round(samples):
        for peer, world in able:
            for verb, sample in life(peer, world, shape):
                collect(samples, (peer.key, verb), sample)

    samples = bench.rounds(one_round)
    for (key, verb), some in samples.items():
        row = bench.record(case, peers.PEERS[key], verb, some, **more)
        row["error"] = next((sample.output for sample in some if sample.code != 0), "")[:300]


def add(peer, world, shape):
    """A peer that stumbles over what its own DEL has left gets a second try on a clean namespace."""
    chain = peer.chain(shape, "ADD", measured())
    sample = measuring.run(world, [chain]).samples[0]
    if sample.code == 0:
        return sample
    print(f"bench: {peer.key}, {shape.key}: ADD repeated: {' '.join(sample.output.split())}", flush=True)
    measuring.run(world, [peer.chain(shape, "DEL", measured(), None)])
    world.run("sh", "-c", "ip -n m0 link delete eth0 2>/dev/null || true")
    return measuring.must(world, chain, f"{peer.key}, {shape.key}: ADD")


def life(peer, world, shape):
    added = add(peer, world, shape)
    yield "ADD", added
    if "CHECK" in peer.verbs:
        yield "CHECK", measuring.run(world, [peer.chain(shape, "CHECK", measured(), added.result)]).samples[0]
    yield "DEL", measuring.must(world, peer.chain(shape, "DEL", measured(), added.result),
                                f"{peer.key}, {shape.key}: DEL")


def count_calls(bench, nodes, shape, case, **more):
    """Executions and system calls: they have no noise, one life is enough."""
    for peer, world in nodes:
        if shape.key not in peer.shapes:
            continue
        result = None
        for verb in peer.verbs:
            counts, sample = measuring.count(world, peer.chain(shape, verb, measured(), result))
            result = sample.result if verb == "ADD" else result
            bench.add_counts(counts, case=case, peer=peer.key, verb=verb, **more)


def growth(bench):
    """Every shape beside N containers; then new connections through the last host port."""
    nodes = [(peer, bench.world(peer, "m0", "fill")) for peer in bench.peers]
    for _, world in nodes:
        world.lan()
        world.serve("/run/netns/m0", peers.CONNECT, "serve", "80")
    have = 0
    for size in bench.plan.sizes:
        for peer, world in nodes:
            grow(bench, peer, world, have, size)
        have = size
        for shape in bench.shapes:
            bench.say(f"{shape.title}, beside {size}")
            come_and_go(bench, nodes, shape, shape.key, n=size)
            if size in (bench.plan.sizes[0], bench.plan.sizes[-1]):
                count_calls(bench, nodes, shape, shape.key, n=size)
        connections(bench, nodes, size)


def grow(bench, peer, world, have, want):
    if want == have:
        return
    if have == 0:  # makes the bridge, and what else is shared
        list(life(peer, world, peers.FILL))
    start = time.monotonic()
    fill.fill(world, peer, have, want)
    how = "by itself" if peer.fills_itself else "with copies of its rules"
    bench.fills[peer.key] = how
    bench.say(f"{peer.title}: {want} containers {how}, {time.monotonic() - start:.1f} s")


# --- new connections -------------------------------------------------------------------------------


def connections(bench, nodes, size):
    """From a host beyond the node through the host port that came last."""
    shape = peers.SHAPES["pm1"]
    able = [(peer, world) for peer, world in nodes if shape.key in peer.shapes]
    if shape not in bench.shapes or not able:
        return
    bench.say(f"new connections through the last of {size + 1} host ports")
    results = {peer.key: measuring.must(world, peer.chain(shape, "ADD", measured()), "ADD").result
               for peer, world in able}
    runs = {peer.key: [] for peer, _ in able}
    for _ in range(CONNECT_RUNS):
        for peer, world in able:
            runs[peer.key].append(connect(peer, world, bench.plan.connect_ms))
    for peer, world in able:
        measuring.must(world, peer.chain(shape, "DEL", measured(), results[peer.key]), "DEL")
        bench.records.append({"case": "connect", "peer": peer.key, "verb": "", "n": size, "runs": CONNECT_RUNS,
                              "ports": size + 1}
                             | {field: statistics.summary([run[field] for run in runs[peer.key]])
                                for field in runs[peer.key][0]})


def connect(peer, world, milliseconds):
    # Not every peer announces whose an address is now, and the node may remember who had it earlier.
    world.run("ip", "neigh", "flush", "all")
    try:
        words = world.run("nsenter", "--net=/run/netns/lan", peers.CONNECT, "measure", "192.0.2.1", measured().port,
                          milliseconds).split()
    except RuntimeError as error:
        raise RuntimeError(f"{peer.title}: {error}") from error
    count, failed, seconds, least, p10, median, p90, cpu = (float(word) for word in words)
    return {"rate": count / seconds, "failed": failed, "min_us": least, "p10_us": p10, "median_us": median,
            "p90_us": p90, "client_cpu_us": cpu}


# --- many at once ----------------------------------------------------------------------------------


def parallel(bench):
    """K containers come at once, and leave at once."""
    shape = peers.SHAPES["pm1"]
    most = max(bench.plan.parallel)
    nodes = [(peer, bench.world(peer, *(f"m{number}" for number in range(most)))) for peer in bench.peers
             if shape.key in peer.shapes]
    for together in bench.plan.parallel:
        bench.say(f"{together} at once")
        samples = {}
        for peer, world in nodes:
            list(life(peer, world, shape))
        for _ in range(min(3, bench.plan.rounds[0])):
            for peer, world in nodes:
                crowd(samples, peer, world, shape, together)
        for (key, verb), batches in samples.items():
            bench.records.append({
                "case": "parallel", "peer": key, "verb": verb, "n": 0, "parallel": together, "runs": len(batches),
                "wall_ms": statistics.summary([batch.wall_ms for batch in batches]),
                "cpu_ms": statistics.summary([batch.cpu_ms for batch in batches]),
                "each_ms": statistics.summary([one.wall_ms for batch in batches for one in batch.samples]),
                "failures": sum(len(batch.failures) for batch in batches),
                "error": next((one.output for batch in batches for one in batch.failures), "")[:300]})


def crowd(samples, peer, world, shape, together):
    everybody = [measured(number) for number in range(together)]
    added = measuring.run(world, [peer.chain(shape, "ADD", one) for one in everybody])
    results = [sample.result if sample.code == 0 else None for sample in added.samples]
    removed = measuring.run(world, [peer.chain(shape, "DEL", one, result) for one, result in zip(everybody, results)])
    collect(samples, (peer.key, "ADD"), added)
    collect(samples, (peer.key, "DEL"), removed)


# --- host-local alone ------------------------------------------------------------------------------


def leases(bench):
    """Addresses beside many leases."""
    nodes = [(peer, bench.world(peer)) for peer in bench.peers
             if peer.key in ("reference-legacy", "recent-iptables", peers.OURS)]
    have = 0
    for size in bench.plan.leases:
        bench.say(f"host-local beside {size} leases")
        for peer, world in nodes:
            fill_leases(peer, world, have, size)
        have = size

        def one_round(samples):
            for peer, world in nodes:
                for verb in ("ADD", "DEL"):
                    collect(samples, (peer.key, verb),
                            measuring.must(world, peer.host_local(verb, measured()), f"{peer.key}: {verb}"))

        for (key, verb), some in bench.rounds(one_round).items():
            bench.record("host-local", peers.PEERS[key], verb, some, n=size)
        for peer, world in nodes:
            for verb in ("ADD", "DEL"):
                counts, _ = measuring.count(world, peer.host_local(verb, measured()))
                bench.add_counts(counts, case="host-local", peer=peer.key, verb=verb, n=size)


def fill_leases(peer, world, have, want):
    if not peer.fills_itself:
        return fill.leases(world, have, want)
    for first in range(have, want, fill.AT_ONCE):
        numbers = range(first, min(first + fill.AT_ONCE, want))
        batch = measuring.run(world, [peer.host_local("ADD", fill.attachment(number)) for number in numbers])
        if batch.failures:
            raise RuntimeError(f"{peer.key}: {batch.failures[0].output}")
    return None


# --- what others have ------------------------------------------------------------------------------


def foreign(bench):
    """Beside 10,000 nft rules and 1,000 links that are none of ours."""
    shape = peers.SHAPES["pm1"]
    rules = "".join(f"add rule inet others c{number % 100} ip saddr 198.51.{number // 256}.{number % 256} counter\n"
                    for number in range(10_000))
    chains = "".join(f"add chain inet others c{number}\n" for number in range(100))
    links = "".join(f"link add other{number} numtxqueues 1 numrxqueues 1 type veth "
                    f"peer name rehto{number} numtxqueues 1 numrxqueues 1\n" for number in range(500))
    nodes = []
    for peer in bench.peers:
        if shape.key in peer.shapes:
            world = bench.world(peer, "m0")
            world.run("nft", "-f", "-", input="add table inet others\n" + chains + rules)
            world.run("ip", "-batch", "-", input=links)
            nodes.append((peer, world))
    bench.say("beside 10,000 foreign rules and 1,000 foreign links")
    come_and_go(bench, nodes, shape, "foreign", n=0)


# --- GC --------------------------------------------------------------------------------------------


def garbage(bench):
    """GC when nothing is valid; and what it leaves."""
    for peer in bench.peers:
        if peer.key not in peers.NEW_ENOUGH_FOR_GC:
            continue
        world = bench.world(peer, "m0", "fill")
        grow(bench, peer, world, 0, bench.plan.stale)
        bench.say(f"{peer.title}: GC of {bench.plan.stale}")
        sample = measuring.run(world, [peer.collect([])]).samples[0]
        row = bench.record("gc", peer, "GC", [sample], n=bench.plan.stale)
        row |= {"left": remains(world), "error": sample.output[:300] if sample.code else ""}


def remains(world):
    """Leases, veths and rules of containers; the subnet itself may stay."""
    folder = world.file("/var/lib/cni/networks/bench")
    ruleset = world.run("nft", "list", "ruleset") + world.run(peers.SHIMS / "legacy/iptables-save")
    return {"leases": sum(file.name[0].isdigit() for file in folder.iterdir()),
            "links": len(json.loads(world.run("ip", "-j", "link", "show", "type", "veth"))),
            "rules": sum("10.88." in line.replace("10.88.0.0/16", "") for line in ruleset.splitlines())}


CASES = {"host-local": leases, "parallel": parallel, "foreign": foreign, "gc": garbage, "growth": growth}

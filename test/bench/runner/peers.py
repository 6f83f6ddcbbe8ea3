# SPDX-License-Identifier: Apache-2.0
"""Who is measured, and how each is called for the same work."""
import dataclasses
import hashlib
import json
import os
import pathlib

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("PATCHBAY_BENCH_BUILD", REPOSITORY / "build/release"))
SPAWN, FLOOR, CONNECT = (BUILD / "bench" / name for name in ("spawn", "floor", "connect"))
NETAVARK = pathlib.Path("/usr/lib/podman/netavark")
SHIMS = BUILD / "bench/shims"


@dataclasses.dataclass(frozen=True)
class Shape:
    """What an attachment consists of."""
    key: str
    title: str
    main: str = "bridge"
    masq: bool = False
    ports: int = 0
    dual: bool = False
    routes: bool = True
    static: bool = False  # the address is in the configuration
    tuned: bool = False
    limited: bool = False
    accepted: bool = False

    @property
    def plugins(self):
        return [self.main, "static" if self.static else "host-local"] + [
            name for name, wanted in (("tuning", self.tuned), ("bandwidth", self.limited),
                                      ("firewall", self.accepted), ("portmap", self.ports)) if wanted]


SHAPES = {shape.key: shape for shape in (
    Shape("hl", "bridge + host-local"),
    Shape("masq", "+ ipMasq", masq=True),
    Shape("pm1", "+ ipMasq + 1 port", masq=True, ports=1),
    Shape("pm10", "+ ipMasq + 10 ports", masq=True, ports=10),
    Shape("dual", "dual stack, + ipMasq + 1 port", masq=True, ports=1, dual=True),
    Shape("ptp", "veth (ptp) + ipMasq", main="ptp", masq=True),
    Shape("static", "bridge + static", static=True),
    Shape("tuned", "bridge + host-local + tuning", tuned=True),
    Shape("limited", "bridge + host-local + bandwidth", limited=True),
    Shape("accepted", "bridge + host-local + firewall", accepted=True),
)}
# Many of them share one namespace, which has room for one default route.
FILL = dataclasses.replace(SHAPES["pm1"], routes=False)


@dataclasses.dataclass(frozen=True)
class Attachment:
    name: str
    netns: str
    port: int  # the first of its host ports
    ifname: str = "eth0"

    @property
    def container(self):
        return hashlib.sha256(self.name.encode()).hexdigest()


@dataclasses.dataclass(frozen=True)
class Step:
    arguments: tuple
    environment: dict
    input: str


@dataclasses.dataclass(frozen=True)
class Peer:
    key: str
    title: str
    path: pathlib.Path
    version: str = "1.0.0"
    backend: str = ""  # asked for in the configuration
    tools: str = "legacy"  # what `iptables` is for it
    verbs: tuple = ("ADD", "CHECK", "DEL")
    shapes: tuple = tuple(SHAPES)
    fills_itself: bool = False  # quick enough to be filled by itself

    @property
    def missing(self):
        needed = [self.path] if self.path in (FLOOR, NETAVARK) else [
            self.path / name for name in sorted({name for key in self.shapes for name in SHAPES[key].plugins})]
        lost = [str(path) for path in needed if not os.access(path, os.X_OK)]
        return f"{lost[0]} is not there" if lost else None

    def environment(self, verb, attachment):
        return {"CNI_COMMAND": verb, "CNI_CONTAINERID": attachment.container, "CNI_NETNS": attachment.netns,
                "CNI_IFNAME": attachment.ifname, "CNI_PATH": str(self.path),
                "PATH": f"{SHIMS / self.tools}:/usr/sbin:/usr/bin:/sbin:/bin"}

    def chain(self, shape, verb, attachment, result=None):
        """The steps of one verb. `result`: what ADD gave."""
        if self.path == NETAVARK:
            return [netavark_step(self, shape, verb, attachment)]
        configs = chain_configs(self, shape, attachment)
        if verb == "ADD":
            inputs = [compact(configs[0])] + [compact(config)[:-1] + ',"prevResult":@previous@}'
                                              for config in configs[1:]]
        else:
            inputs = [compact(config | {"prevResult": result}) for config in configs]
        steps = [Step(self.command(config["type"]), self.environment(verb, attachment), text)
                 for config, text in zip(configs, inputs)]
        return steps[::-1] if verb == "DEL" else steps

    def command(self, plugin):
        return (str(self.path), plugin) if self.path == FLOOR else (str(self.path / plugin),)

    def host_local(self, verb, attachment):
        config = main_config(self, SHAPES["hl"])
        return [Step(self.command("host-local"), self.environment(verb, attachment), compact(config))]

    def collect(self, valid):
        """GC of everything that is not in `valid`."""
        nobody = Attachment("nobody", "", 0)
        attachments = [{"containerID": one.container, "ifname": one.ifname} for one in valid]
        configs = (main_config(self, FILL), portmap_config(self, FILL, nobody))
        environment = {name: value for name, value in self.environment("GC", nobody).items()
                       if name in ("CNI_COMMAND", "CNI_PATH", "PATH")}
        return [Step(self.command(config["type"]), environment,
                     compact(config | {"cni.dev/valid-attachments": attachments})) for config in configs]


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def chain_configs(peer, shape, attachment):
    main = main_config(peer, shape)
    chained = {"cniVersion": peer.version, "name": main["name"]}
    configs = [main]
    if shape.tuned:
        configs.append(chained | {"type": "tuning", "mtu": 1400,
                                  "sysctl": {"net.ipv4.conf.IFNAME.arp_filter": "1", "net.core.somaxconn": "500"}})
    if shape.limited:
        configs.append(chained | {"type": "bandwidth", "ingressRate": 80_000_000, "ingressBurst": 8_000_000,
                                  "egressRate": 80_000_000, "egressBurst": 8_000_000})
    if shape.accepted:
        configs.append(chained | {"type": "firewall", "backend": peer.backend or "iptables"})
    if shape.ports:
        configs.append(portmap_config(peer, shape, attachment))
    return configs


def static_ipam():
    """An address that host-local comes to last."""
    return {"type": "static", "addresses": [{"address": "10.88.250.9/16", "gateway": "10.88.0.1"}],
            "routes": [{"dst": "0.0.0.0/0"}]}


def main_config(peer, shape):
    network, subnet = {"ptp": ("benchptp", "10.90.0.0/16")}.get(shape.main, ("bench", "10.88.0.0/16"))
    if shape.dual:
        network, subnet = "bench6", "10.89.0.0/16"
    ranges = [[{"subnet": subnet}]] + ([[{"subnet": "fd89::/64"}]] if shape.dual else [])
    routes = [{"dst": "0.0.0.0/0"}] + ([{"dst": "::/0"}] if shape.dual else [])
    config = {"cniVersion": peer.version, "name": network, "type": shape.main, "ipMasq": shape.masq}
    if shape.main == "bridge":
        config |= {"bridge": "cni6" if shape.dual else "cni0", "isGateway": True}
    if peer.backend:
        config["ipMasqBackend"] = peer.backend
    if shape.static:
        return config | {"ipam": static_ipam()}
    return config | {"ipam": {"type": "host-local", "ranges": ranges} | ({"routes": routes} if shape.routes else {})}


def portmap_config(peer, shape, attachment):
    mappings = [{"hostPort": attachment.port + index, "containerPort": 80, "protocol": "tcp"}
                for index in range(shape.ports)]
    config = {"cniVersion": peer.version, "name": main_config(peer, shape)["name"], "type": "portmap",
              "capabilities": {"portMappings": True}, "runtimeConfig": {"portMappings": mappings}}
    return config | ({"backend": peer.backend} if peer.backend else {})


def netavark_step(peer, shape, verb, attachment):
    """It has no IPAM in this call: the caller chooses the address."""
    number = attachment.port - 1000
    address = f"10.88.{number // 250}.{number % 250 + 2}"
    network = {"name": "bench", "id": "b" * 64, "driver": "bridge", "network_interface": "cni0",
               "subnets": [{"subnet": "10.88.0.0/16", "gateway": "10.88.0.1"}], "ipv6_enabled": False,
               "internal": False, "dns_enabled": False, "ipam_options": {"driver": "host-local"}}
    ports = [{"container_port": 80, "host_ip": "", "host_port": attachment.port + index, "protocol": "tcp", "range": 1}
             for index in range(shape.ports)]
    request = {"container_id": attachment.container, "container_name": attachment.name, "port_mappings": ports,
               "networks": {"bench": {"interface_name": attachment.ifname, "static_ips": [address]}},
               "network_info": {"bench": network}}
    arguments = (str(NETAVARK), "--config", "/run/netavark", "setup" if verb == "ADD" else "teardown", attachment.netns)
    return Step(arguments, peer.environment(verb, attachment), compact(request))


REFERENCE, RECENT = pathlib.Path("/usr/lib/cni"), REPOSITORY / "build/peers/bin"
PEERS = {peer.key: peer for peer in (
    Peer("reference-legacy", "reference 1.1.1, iptables-legacy", REFERENCE),
    Peer("reference-nft", "reference 1.1.1, iptables-nft", REFERENCE, tools="nft"),
    Peer("recent-iptables", "reference 1.10.0, iptables-legacy", RECENT, "1.1.0", "iptables"),
    Peer("recent-nftables", "reference 1.10.0, nftables", RECENT, "1.1.0", "nftables",
         shapes=tuple(key for key in SHAPES if key != "accepted")),  # its firewall knows no nftables
    Peer("netavark", "netavark, iptables-legacy", NETAVARK, verbs=("ADD", "DEL"), shapes=("masq", "pm1", "pm10")),
    Peer("patchbay-nftables", "patchbay, nftables", BUILD / "bin", "1.1.0", "nftables", fills_itself=True),
    Peer("patchbay-iptables", "patchbay, iptables-legacy", BUILD / "bin", "1.1.0", "iptables", fills_itself=True),
    Peer("patchbay-iptables-nft", "patchbay, iptables-nft", BUILD / "bin", "1.1.0", "iptables", tools="nft",
         fills_itself=True),
    Peer("floor", "floor: the kernel's work alone", FLOOR, verbs=("ADD", "DEL"),
         shapes=("hl", "masq", "pm1", "pm10"), fills_itself=True),
)}
BASE, OURS, LIMIT = "reference-legacy", "patchbay-nftables", "floor"
NEW_ENOUGH_FOR_GC = ("recent-iptables", "recent-nftables", "patchbay-nftables", "patchbay-iptables",
                     "patchbay-iptables-nft")


def available():
    """The peers that are there, and why the others are not."""
    return ([peer for peer in PEERS.values() if not peer.missing],
            {peer.key: peer.missing for peer in PEERS.values() if peer.missing})


def make_shims():
    """Directories for PATH in which `iptables` is one variant or the other."""
    for variant in ("legacy", "nft"):
        folder = SHIMS / variant
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("iptables", "ip6tables"):
            for tool in (name, f"{name}-save", f"{name}-restore"):
                link = folder / tool
                if not link.is_symlink():
                    link.symlink_to(f"/usr/sbin/xtables-{variant}-multi")

# SPDX-License-Identifier: Apache-2.0
"""What is written on disk: by the runtime's libcni, which is the other side, and by IPAM plugins."""
import base64
import glob
import json
import os
from dataclasses import dataclass

LEASES = "/var/lib/cni/networks"
RESULTS = "/var/lib/cni/results"


@dataclass(frozen=True)
class Forward:
    """A host port, and where it leads."""
    protocol: str
    host_port: int
    address: str
    port: int


@dataclass
class Attachment:
    """As the runtime was told that it is."""
    owner: str  # network/container/interface
    network: str
    container: str
    interface: str
    namespace: str
    main: dict  # configuration of the plugin that made the interface
    result: dict
    arguments: dict  # of capabilities

    @property
    def cidrs(self) -> set[str]:
        return {ip["address"] for ip in self.result.get("ips", [])}

    @property
    def addresses(self) -> list[str]:
        return sorted(cidr.split("/")[0] for cidr in self.cidrs)

    @property
    def mac(self) -> str:
        return next(i["mac"] for i in self.result["interfaces"] if i.get("sandbox"))

    @property
    def leased(self) -> bool:
        return self.main.get("ipam", {}).get("type") == "host-local"

    @property
    def masqueraded(self) -> bool:
        return bool(self.main.get("ipMasq"))

    @property
    def forwards(self) -> set[Forward]:
        return {Forward(port.get("protocol", "tcp").lower(), port["hostport"], address, port["containerport"])
                for port in self.argument("portMappings") for address in self.addresses
                if port["hostport"] and _fits(port.get("hostip"), address)}

    @property
    def limits(self) -> dict:
        return next(iter(self.argument("bandwidth")), {})

    def argument(self, capability: str) -> list[dict]:
        """With keys in lower case: runtimes write them in any, as Go reads them in any."""
        value = self.arguments.get(capability) or []
        return [{key.lower(): v for key, v in item.items()} for item in (value if isinstance(value, list) else [value])]


def _fits(host_ip: str | None, address: str) -> bool:
    return not host_ip or (":" in host_ip) == (":" in address)


def attachments() -> list[Attachment]:
    found = []
    for path in sorted(glob.glob(f"{RESULTS}/*")):
        with open(path) as file:
            entry = json.load(file)
        config = json.loads(base64.b64decode(entry["config"]))
        main = config.get("plugins", [config])[0]
        if main["type"] == "loopback":
            continue
        network, container, interface = entry["networkName"], entry["containerId"], entry["ifName"]
        inside = next(i["sandbox"] for i in entry["result"]["interfaces"] if i.get("sandbox"))
        found.append(Attachment(f"{network}/{container}/{interface}", network, container, interface,
                                entry.get("netns", inside), main, entry["result"], entry.get("capabilityArgs") or {}))
    return found


def leases() -> set[tuple[str, str, str, str]]:
    """(network, address, container, interface) of every lease."""
    found = set()
    for path in glob.glob(f"{LEASES}/*/*"):
        network, name = path.split("/")[-2:]
        if name == "lock" or name.startswith("last_reserved_ip."):
            continue
        with open(path, newline="") as file:
            container, _, interface = file.read().partition("\r\n")
        found.add((network, name, container, interface.strip()))
    return found


def files() -> list[str]:
    """Every file that stands for an attachment."""
    return [os.path.join(directory, name)
            for top in ("/var/lib/cni", "/run/patchbay") for directory, _, names in os.walk(top) for name in names
            if name != "lock" and not name.startswith("last_reserved_ip.")]

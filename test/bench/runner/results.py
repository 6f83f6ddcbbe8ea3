# SPDX-License-Identifier: Apache-2.0
"""What was measured, to look things up in; and the machine that it was measured on."""
import datetime
import os
import pathlib
import platform
import subprocess

from . import statistics


class Results:
    def __init__(self, document):
        self.document = document
        self.records = document["records"]

    def find(self, case, peer, verb, **more):
        """The record, or None."""
        for row in self.records:
            if (row["case"], row["peer"], row["verb"]) == (case, peer, verb) and all(
                    row.get(key) == value for key, value in more.items()):
                return row
        return None

    def value(self, field, case, peer, verb, **more):
        row = self.find(case, peer, verb, **more)
        found = row.get(field) if row else None
        return found["median"] if isinstance(found, dict) else found

    def ratio(self, field, case, theirs, ours, verb, **more):
        return statistics.ratio(self.value(field, case, theirs, verb, **more),
                                self.value(field, case, ours, verb, **more))

    def sizes(self, case):
        return sorted({row["n"] for row in self.records if row["case"] == case})

    def verbs(self, case):
        present = {row["verb"] for row in self.records if row["case"] == case}
        return [verb for verb in ("ADD", "CHECK", "DEL", "GC", "") if verb in present]


def load():
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


def machine():
    cpu = next((line.partition(":")[2].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.machine())
    memory = next(line.split()[1] for line in pathlib.Path("/proc/meminfo").read_text().splitlines())
    return {"date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
            "kernel": platform.release(), "cpu": cpu, "cores": os.cpu_count(), "memory_mb": int(memory) // 1024,
            "system": platform.freedesktop_os_release().get("PRETTY_NAME", ""), "load_before": load(),
            "packages": packages("containernetworking-plugins", "iptables", "netavark")}


def packages(*names):
    """Versions, where dpkg knows."""
    versions = {}
    for name in names:
        try:
            ran = subprocess.run(["dpkg-query", "--show", "--showformat=${Version}", name], capture_output=True,
                                 text=True, check=False)
        except FileNotFoundError:
            return versions
        if ran.returncode == 0:
            versions[name] = ran.stdout
    return versions

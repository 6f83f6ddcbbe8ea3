# SPDX-License-Identifier: Apache-2.0
"""One job for test/bench/spawn, and what it says of it."""
import dataclasses
import json
import re
import subprocess

from . import peers


@dataclasses.dataclass
class Sample:
    """What one chain of plugins cost."""
    wall_ms: float = 0.0
    cpu_ms: float = 0.0  # all processes, those included that were left behind
    left_cpu_ms: float = 0.0  # of that: processes that outlived the plugin
    rss_kb: int = 0
    faults: int = 0
    code: int = 0
    output: str = ""

    @property
    def result(self):
        return json.loads(self.output)


@dataclasses.dataclass
class Batch:
    samples: list
    wall_ms: float  # until the last chain was done
    left_cpu_ms: float

    @property
    def cpu_ms(self):
        return sum(sample.cpu_ms for sample in self.samples)

    @property
    def failures(self):
        return [sample for sample in self.samples if sample.code != 0]


def to_job(chains):
    lines = []
    for chain in chains:
        lines.append("chain")
        for step in chain:
            lines.append(f"step {step.arguments[0]}")
            lines += [f"arg {word}" for word in step.arguments[1:]]
            lines += [f"env {name}={value}" for name, value in step.environment.items()]
            lines.append(f"input {step.input}")
    return "\n".join(lines) + "\n"


def parse_report(report, count):
    samples = [Sample() for _ in range(count)]
    wall, left = 0.0, 0.0
    position = 0
    while position < len(report):
        end = report.index(b"\n", position)
        word, *numbers = report[position:end].split()
        numbers = [int(number) for number in numbers]
        position = end + 1
        if word == b"step":
            chain, _, code, wall_ns, user, system, rss, faults, size = numbers
            sample = samples[chain]
            sample.wall_ms += wall_ns / 1e6
            sample.cpu_ms += (user + system) / 1e3
            sample.rss_kb = max(sample.rss_kb, rss)
            sample.faults += faults
            sample.code = sample.code or code
            sample.output = report[position:position + size].decode()
            position += size + 1
        elif word == b"all":
            wall = numbers[0] / 1e6
        elif word == b"left":
            left = numbers[1] / 1e3
            book(samples, left, numbers[2], numbers[3])
    return Batch(samples, wall, left)


def book(samples, cpu_ms, rss_kb, faults):
    """Who of many left what behind cannot be told: each bears its share."""
    for sample in samples:
        sample.cpu_ms += cpu_ms / len(samples)
        sample.left_cpu_ms += cpu_ms / len(samples)
        sample.faults += faults // len(samples)
        sample.rss_kb = max(sample.rss_kb, rss_kb)


def run(world, chains):
    """All chains at once."""
    ran = subprocess.run(world.enter + [str(peers.SPAWN)], input=to_job(chains).encode(), capture_output=True,
                         timeout=600, check=False)
    if ran.returncode != 0:
        raise RuntimeError(f"spawn: {ran.stderr.decode()}")
    return parse_report(ran.stdout, len(chains))


def must(world, chain, what):
    sample = run(world, [chain]).samples[0]
    if sample.code != 0:
        raise RuntimeError(f"{what}: exit code {sample.code}: {sample.output}")
    return sample


@dataclasses.dataclass
class Counts:
    execs: int = 0
    syscalls: int = 0


def count(world, chain):
    """Executions and system calls of the whole tree, by strace; and the sample, for its output."""
    strace = ("/usr/bin/strace", "-f", "-qq", "-c", "-U", "calls,errors,name", "-o")
    files = [f"/run/strace.{index}" for index in range(len(chain))]
    traced = [dataclasses.replace(step, arguments=(*strace, file, "--", *step.arguments))
              for step, file in zip(chain, files)]
    sample = run(world, [traced]).samples[0]
    counts = Counts()
    for file in files:
        if world.file(file).exists():
            add_counts(counts, world.file(file).read_text())
            world.file(file).unlink()
    return counts, sample


def add_counts(counts, table):
    """Lines of "calls [errors] name"; an exec that failed was a search along PATH."""
    for line in table.splitlines():
        row = re.fullmatch(r"\s*(\d+)(?:\s+(\d+))?\s+([a-z_]\w*)", line)
        if not row or row[3] == "total":
            continue
        counts.syscalls += int(row[1])
        if row[3] == "execve":
            counts.execs += int(row[1]) - int(row[2] or 0)

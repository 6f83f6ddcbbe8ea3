# SPDX-License-Identifier: Apache-2.0
"""Nodes of one's own: network and mount namespaces, held by a process that sleeps.

A world is closed only when everything has been measured: the kernel takes namespaces down in the
background, under the same locks that the plugins need.
"""
import pathlib
import subprocess

HOLD = """
mount -t tmpfs -o mode=755 tmpfs /run
[ -d /var/lib/cni ] || mount -t tmpfs -o mode=755 tmpfs /var/lib
mkdir -p /var/lib/cni /run/netns /run/netavark
mount -t tmpfs -o mode=755 tmpfs /var/lib/cni
ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward
echo ready
exec sleep infinity
"""


class World:
    def __init__(self):
        self.holder = subprocess.Popen(
            ["unshare", "--net", "--mount", "--propagation", "private", "sh", "-e", "-c", HOLD],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        if self.holder.stdout.readline() != "ready\n":
            raise RuntimeError("no namespaces here: unshare or mount was refused")
        self.enter = ["nsenter", f"--target={self.holder.pid}", "--net", "--mount"]
        self.servers = []

    def run(self, *command, input=None, environment=None):
        """Its output; raises unless it succeeds."""
        ran = subprocess.run(self.enter + [str(word) for word in command], input=input, env=environment,
                             capture_output=True, text=True, timeout=600, check=False)
        if ran.returncode != 0:
            raise RuntimeError(f"{command}: exit code {ran.returncode}\n{ran.stderr[-2000:]}{ran.stdout[-2000:]}")
        return ran.stdout

    def file(self, path):
        """A file of this world, seen from outside."""
        return pathlib.Path(f"/proc/{self.holder.pid}/root{path}")

    def netns(self, *names):
        """Namespaces for containers; their paths."""
        lines = [f"touch /run/netns/{name}; unshare --net=/run/netns/{name} true" for name in names]
        self.run("sh", "-e", input="\n".join(lines))
        return [f"/run/netns/{name}" for name in names]

    def lan(self):
        """A host beyond the node, 192.0.2.2, with the node as 192.0.2.1."""
        self.netns("lan")
        self.run("sh", "-e", input="""
            ip link add lan0 type veth peer name eth0 netns lan
            ip addr add 192.0.2.1/24 dev lan0; ip link set lan0 up
            ip -n lan addr add 192.0.2.2/24 dev eth0; ip -n lan link set eth0 up
            ip netns exec lan sh -c 'echo 1024 65535 >/proc/sys/net/ipv4/ip_local_port_range'
        """)

    def serve(self, netns, program, *arguments):
        """A server inside a container's namespace; back when it is ready."""
        server = subprocess.Popen(self.enter + ["nsenter", f"--net={netns}", str(program), *arguments],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        if server.stdout.readline() != "ready\n":
            raise RuntimeError("the server does not listen")
        self.servers.append(server)

    def close(self):
        for process in (*self.servers, self.holder):
            process.kill()
            process.wait()

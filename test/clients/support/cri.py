#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a kubelet says to a container runtime, for a command line: pods, and containers within them."""
import argparse
import sys

import grpc

from cri_messages import message_type, new

SOCKET = "unix:///run/containerd/containerd.sock"
IMAGE = "localhost/busybox:1"
SECONDS = 30
PROTOCOLS = {"tcp": 0, "udp": 1, "sctp": 2}


class Runtime:
    def __init__(self) -> None:
        # grpc would send the socket's path as authority, which Go's servers refuse.
        self._channel = grpc.insecure_channel(SOCKET, options=[("grpc.default_authority", "localhost")])

    def ask(self, method: str, request, answer: str):
        call = self._channel.unary_unary(
            f"/runtime.v1.RuntimeService/{method}", request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=message_type(answer).FromString)
        return call(request, timeout=SECONDS)


def port_mapping(text: str):
    """8080:80[/udp][@192.0.2.1]"""
    text, _, host_ip = text.partition("@")
    text, _, protocol = text.partition("/")
    host, _, container = text.partition(":")
    return new("PortMapping", protocol=PROTOCOLS[protocol or "tcp"], host_port=int(host),
               container_port=int(container), host_ip=host_ip)


def pod_config(name: str, ports=(), annotations=()):
    return new("PodConfig", metadata={"name": name, "uid": f"uid-of-{name}", "namespace": "default"}, hostname=name,
               log_directory="/run", port_mappings=ports, annotations=dict(a.split("=", 1) for a in annotations))


def run(runtime: Runtime, options) -> None:
    config = pod_config(options.name, options.port, options.annotation)
    print(runtime.ask("RunPodSandbox", new("RunPodRequest", config=config), "Pod").pod_sandbox_id)


def addresses(runtime: Runtime, options) -> None:
    pod = new("Pod", pod_sandbox_id=options.pod)
    network = runtime.ask("PodSandboxStatus", pod, "PodStatusResponse").status.network
    print(network.ip, *(other.ip for other in network.additional_ips), sep="\n")


def start(runtime: Runtime, options) -> None:
    config = new("ContainerConfig", metadata={"name": options.name}, image={"image": IMAGE}, command=options.command)
    request = new("CreateRequest", pod_sandbox_id=options.pod, config=config, sandbox_config=pod_config("any"))
    container = runtime.ask("CreateContainer", request, "Container")
    runtime.ask("StartContainer", container, "Empty")
    print(container.container_id)


def execute(runtime: Runtime, options) -> int:
    request = new("ExecRequest", container_id=options.container, cmd=options.command, timeout=SECONDS)
    answer = runtime.ask("ExecSync", request, "ExecResponse")
    sys.stdout.buffer.write(answer.stdout)
    sys.stderr.buffer.write(answer.stderr)
    return answer.exit_code


def remove(runtime: Runtime, options) -> None:
    for name in options.pods:
        pod = new("Pod", pod_sandbox_id=name)
        runtime.ask("StopPodSandbox", pod, "Empty")
        runtime.ask("RemovePodSandbox", pod, "Empty")


def pods(runtime: Runtime, _options) -> None:
    for pod in runtime.ask("ListPodSandbox", new("Empty"), "Pods").items:
        print(pod.id)


def status(runtime: Runtime, _options) -> None:
    for condition in runtime.ask("Status", new("Empty"), "StatusResponse").status.conditions:
        print(condition.type, "yes" if condition.status else f"no: {condition.message}")


def command_line() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cri", description=__doc__)
    verbs = parser.add_subparsers(required=True)

    def verb(function, name, *positionals):
        sub = verbs.add_parser(name)
        sub.set_defaults(function=function)
        for positional in positionals:
            sub.add_argument(positional)
        return sub

    options = verb(run, "run", "name")
    options.add_argument("--port", action="append", default=[], type=port_mapping)
    options.add_argument("--annotation", action="append", default=[])
    verb(addresses, "addresses", "pod")
    verb(start, "start", "pod", "name").add_argument("command", nargs=argparse.REMAINDER)
    verb(execute, "exec", "container").add_argument("command", nargs=argparse.REMAINDER)
    verb(remove, "remove").add_argument("pods", nargs="+")
    verb(pods, "pods")
    verb(status, "status")
    return parser


def main() -> int:
    options = command_line().parse_args()
    try:
        return options.function(Runtime(), options) or 0
    except grpc.RpcError as error:
        print(f"cri: {error.code().name}: {error.details()}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""The messages of the container runtime interface, v1, as far as these tests send or read them.

Made from the table below at run time, so that neither the .proto file nor its compiler is needed.
"""
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

Field = descriptor_pb2.FieldDescriptorProto
PACKAGE = "patchbay.cri"
SCALARS = {str: Field.TYPE_STRING, int: Field.TYPE_INT64, bool: Field.TYPE_BOOL, bytes: Field.TYPE_BYTES}

# message -> field -> (number, type); [type] is repeated, dict a map of strings, a string another message.
MESSAGES = {
    "Empty": {},
    "PodMetadata": {"name": (1, str), "uid": (2, str), "namespace": (3, str), "attempt": (4, int)},
    "PortMapping": {"protocol": (1, int), "container_port": (2, int), "host_port": (3, int), "host_ip": (4, str)},
    "PodConfig": {"metadata": (1, "PodMetadata"), "hostname": (2, str), "log_directory": (3, str),
                  "port_mappings": (5, ["PortMapping"]), "labels": (6, dict), "annotations": (7, dict)},
    "RunPodRequest": {"config": (1, "PodConfig"), "runtime_handler": (2, str)},
    "Pod": {"pod_sandbox_id": (1, str)},
    "PodIp": {"ip": (1, str)},
    "PodNetwork": {"ip": (1, str), "additional_ips": (2, ["PodIp"])},
    "PodStatus": {"id": (1, str), "metadata": (2, "PodMetadata"), "state": (3, int), "network": (5, "PodNetwork")},
    "PodStatusResponse": {"status": (1, "PodStatus")},
    "ListedPod": {"id": (1, str)},
    "Pods": {"items": (1, ["ListedPod"])},
    "ContainerMetadata": {"name": (1, str), "attempt": (2, int)},
    "Image": {"image": (1, str)},
    "ContainerConfig": {"metadata": (1, "ContainerMetadata"), "image": (2, "Image"), "command": (3, [str]),
                        "log_path": (11, str)},
    "CreateRequest": {"pod_sandbox_id": (1, str), "config": (2, "ContainerConfig"),
                      "sandbox_config": (3, "PodConfig")},
    "Container": {"container_id": (1, str)},
    "ExecRequest": {"container_id": (1, str), "cmd": (2, [str]), "timeout": (3, int)},
    "ExecResponse": {"stdout": (1, bytes), "stderr": (2, bytes), "exit_code": (3, int)},
    "Condition": {"type": (1, str), "status": (2, bool), "reason": (3, str), "message": (4, str)},
    "RuntimeStatus": {"conditions": (1, ["Condition"])},
    "StatusResponse": {"status": (1, "RuntimeStatus")},
}


def _add_map_entry(message, field) -> None:
    entry = message.nested_type.add(name="".join(map(str.capitalize, field.name.split("_"))) + "Entry")
    entry.options.map_entry = True
    for number, name in ((1, "key"), (2, "value")):
        entry.field.add(name=name, number=number, type=Field.TYPE_STRING, label=Field.LABEL_OPTIONAL)
    field.type, field.label = Field.TYPE_MESSAGE, Field.LABEL_REPEATED
    field.type_name = f".{PACKAGE}.{message.name}.{entry.name}"


def _add_field(message, name, number, kind) -> None:
    repeated = isinstance(kind, list)
    kind = kind[0] if repeated else kind
    field = message.field.add(name=name, number=number,
                              label=Field.LABEL_REPEATED if repeated else Field.LABEL_OPTIONAL)
    if kind is dict:
        _add_map_entry(message, field)
    elif isinstance(kind, str):
        field.type, field.type_name = Field.TYPE_MESSAGE, f".{PACKAGE}.{kind}"
    else:
        field.type = SCALARS[kind]


def _pool() -> descriptor_pool.DescriptorPool:
    file = descriptor_pb2.FileDescriptorProto(name="cri.proto", package=PACKAGE, syntax="proto3")
    for message_name, fields in MESSAGES.items():
        message = file.message_type.add(name=message_name)
        for name, (number, kind) in fields.items():
            _add_field(message, name, number, kind)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool


_POOL = _pool()
_FACTORY = message_factory.MessageFactory(_POOL)


def message_type(name: str):
    return _FACTORY.GetPrototype(_POOL.FindMessageTypeByName(f"{PACKAGE}.{name}"))


def new(name: str, **fields):
    return message_type(name)(**fields)

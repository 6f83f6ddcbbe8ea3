#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""image.py FILE [NAME COMMAND…]: writes the image that every runtime runs in these tests, as "docker save"
would; or one like it with another name and command.

It is busybox alone. Its command serves, on port 80 and in both families, /cgi-bin/name: the name of the
host that it runs on. Nothing in it is written to, so that it also serves as the sandbox of a pod.
"""
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile

NAME = "localhost/busybox:1"
BUSYBOX = "/bin/busybox"
COMMAND = ["/bin/httpd", "-f", "-p", "80", "-h", "/www"]
FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "etc/group": "root:x:0:\n",
    "www/index.html": "It works.\n",
    "www/cgi-bin/name": "#!/bin/sh\nprintf 'Content-type: text/plain\\n\\n'\nhostname\n",
}
DIRECTORIES = ["bin", "dev", "etc", "proc", "root", "sys", "tmp", "www", "www/cgi-bin"]


def add(archive: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    archive.addfile(entry, io.BytesIO(content))


def add_special(archive: tarfile.TarFile, name: str, kind: bytes, target: str = "", mode: int = 0o755) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname, entry.mode = kind, target, mode
    archive.addfile(entry)


def layer() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in DIRECTORIES:
            add_special(archive, name, tarfile.DIRTYPE, mode=0o1777 if name == "tmp" else 0o755)
        with open(BUSYBOX, "rb") as busybox:
            add(archive, "bin/busybox", busybox.read(), 0o755)
        for applet in subprocess.check_output([BUSYBOX, "--list"], text=True).split():
            if applet != "busybox":
                add_special(archive, f"bin/{applet}", tarfile.SYMTYPE, "busybox")
        for name, text in FILES.items():
            add(archive, name, text.encode(), 0o755)
    return buffer.getvalue()


def main(path: str, name: str = NAME, *command: str) -> None:
    rootfs = layer()
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
    config = json.dumps({
        "architecture": architecture, "os": "linux",
        "config": {"Env": ["PATH=/bin"], "Cmd": command or COMMAND, "WorkingDir": "/"},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(rootfs).hexdigest()]},
    }).encode()
    config_name = hashlib.sha256(config).hexdigest() + ".json"
    manifest = json.dumps([{"Config": config_name, "RepoTags": [name], "Layers": ["layer.tar"]}]).encode()
    with tarfile.open(path, mode="w") as archive:
        for entry, content in (("layer.tar", rootfs), (config_name, config), ("manifest.json", manifest)):
            add(archive, entry, content)


if __name__ == "__main__":
    if len(sys.argv) in (1, 3):
        sys.exit(__doc__)
    main(*sys.argv[1:])

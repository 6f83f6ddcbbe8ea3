# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # shared with real_node.bash and the tests
# containerd, with everything at its default place.

# restrict_oom_score_adj: a root without CAP_SYS_RESOURCE may not lower it.
cat >/run/containerd.toml <<TOML
version = 2
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs"]
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$image"
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/opt/cni/bin"
    conf_dir = "/etc/cni/net.d"
TOML

# Sets $containerd to its process.
start_containerd() {
  containerd --config /run/containerd.toml >>/run/containerd.log 2>&1 &
  containerd=$!
  eventually 20 ctr version >/dev/null || { tail -5 /run/containerd.log >&2; return 1; }
}

# load_image NAMESPACE
load_image() { ctr --namespace "$1" images import "$(image_file)" >/dev/null; }

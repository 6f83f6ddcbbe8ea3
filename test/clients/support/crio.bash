# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # shared with real_node.bash and the tests
# CRI-O of scripts/peers. Its images come by podman, which keeps them in the same store. Comes after
# podman.bash and crictl.bash.

ln -s "$PEERS_BIN"/{crio,pinns} /run/clients
export CONTAINER_RUNTIME_ENDPOINT=unix:///run/crio/crio.sock

mkdir -p /run/crio.conf.d
cat >/run/crio.conf <<TOML
[crio]
storage_driver = "overlay"
[crio.api]
stream_port = "0"
[crio.runtime]
default_runtime = "runc"
cgroup_manager = "cgroupfs"
apparmor_profile = "unconfined"
enable_criu_support = false
[crio.runtime.runtimes.runc]
runtime_path = "/run/clients/runc"
monitor_cgroup = "pod"
monitor_path = "$(command -v conmon)"
[crio.image]
pause_image = "$image"
pause_command = ""
signature_policy = "/etc/containers/policy.json"
[crio.network]
network_dir = "/etc/cni/net.d"
plugin_dirs = ["/opt/cni/bin"]
TOML

# On a node with both generations of cgroups CRI-O leaves those of its pods in the second. Others come and
# go meanwhile, which find does not like.
remove_cgroups() {
  local pod
  while read -r pod; do
    find /sys/fs/cgroup -depth -type d -name "crio-$pod*" -exec rmdir {} + 2>/dev/null || true
  done < <(cat /run/pods 2>/dev/null)
}
trap 'remove_cgroups; end_node' EXIT

# Sets $crio to its process.
start_crio() {
  crio --config /run/crio.conf --config-dir /run/crio.conf.d >>/run/crio.log 2>&1 &
  crio=$!
  eventually 20 crictl version >/dev/null || { tail -5 /run/crio.log >&2; return 1; }
}

# Kills CRI-O, and takes away all that it and libcni know of pods. What the pods were given stays.
crio_loses_its_pods() {
  kill -KILL "$crio"
  wait "$crio" || true
  mount -t tmpfs none /var/lib/containers
  mount -t tmpfs none /run/containers
  rm -r /run/crio /var/lib/cni/results/crio-*
}

# crio_network VERSION dual|ipv4: the configuration that comes with CRI-O, by the name that it has there.
crio_network() {
  local routes='{"dst": "0.0.0.0/0"}' ranges='[{"subnet": "10.85.0.0/16"}]'
  if [[ $2 == dual ]]; then
    routes+=', {"dst": "::/0"}'
    ranges+=', [{"subnet": "1100:200::/24"}]'
  fi
  cat >/etc/cni/net.d/11-crio-bridge.conflist <<JSON
{"cniVersion": "$1", "name": "crio", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "routes": [$routes], "ranges": [$ranges]}}]}
JSON
}

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # shared with node.bash of test/clients
# A kind cluster "lab" of two nodes, "one" and "two", by stand-ins for kind, docker and kubectl. To be sourced
# on a node of node.bash, which becomes their LAN.

# shellcheck source=/dev/null
source "$repository/test/kubernetes/nodes.bash"
PATH=$repository/test/kubernetes/stand-ins:$repository/test/kubernetes/stand-ins/without-api:$PATH
unset KIND_EXPERIMENTAL_PROVIDER
trap 'lan_down; end_node' EXIT
lan_up
node_up one 1
node_up two 2
touch "$lab/kubeconfig"
cat >"$lab/nodes" <<'NODES'
one 10.244.0.0/24,fd00:10:244::/64, 192.0.2.1,2001:db8::1,
two 10.244.1.0/24,fd00:10:244:1::/64, 192.0.2.2,2001:db8::2,
NODES

kind_install() { "$repository/scripts/kind-install" "$@"; }

client() { on "$1" env CNI_PATH=/opt/cni/bin NETCONFPATH=/etc/cni/net.d /opt/cni/bin/patchbay "${@:2}"; }

# pod NODE NAME: a container on that node, attached; its result is in $lab/NAME.
pod() {
  on "$1" ip netns add "$2"
  client "$1" add pods "/run/netns/$2" >"$lab/$2"
}
end_pod() { client "$1" del pods "/run/netns/$2"; }

# ours NODE: what the node has of us.
ours() {
  on "$1" find /etc/cni/net.d /opt/cni/bin -mindepth 1 | sort
  on "$1" ip route show proto 112
  on "$1" ip -6 route show proto 112
}

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # shared with real_node.bash and the tests
# nerdctl of scripts/peers. Comes after containerd2.bash.

ln -s "$PEERS_BIN/nerdctl" /run/clients
unset CNI_PATH NETCONFPATH # before its configuration
mkdir -p /etc/nerdctl
cat >/etc/nerdctl/nerdctl.toml <<TOML
cni_path = "/opt/cni/bin"
cni_netconfpath = "/etc/cni/net.d"
cgroup_manager = "cgroupfs"
TOML

# nerdctl_node: a runtime that has the image, and what the first container leaves for good.
nerdctl_node() {
  start_containerd
  nerdctl load --quiet --input "$(image_file)" >/dev/null
  nerdctl run --rm --pull never --publish 81:80 "$image" /bin/true
}

# run NAME OPTION…: a container that serves its name; returns once it does.
run() {
  nerdctl run --detach --pull never --name "$1" --hostname "$1" "${@:2}" "$image" >/dev/null
  eventually 10 name_at "$(address_of_container "$1")" >/dev/null
}

# address_of_container NAME: in the first of its networks.
address_of_container() {
  nerdctl inspect "$1" --format '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' | cut -d' ' -f1
}

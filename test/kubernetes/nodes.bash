# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Nodes on a LAN, each with network, mount and PID namespaces, a disk and an empty /run of its own. To be
# sourced within network and mount namespaces of the caller's own, which become the LAN:
#
#   lan_up; node_up one 1; node_up two 2
#   on two ping -c1 192.0.2.1
#   node_down one; node_up one 1     # a reboot: /run is gone, the disk is there, the boot is another
#
# Disks and all else are in a tmpfs at /mnt, and vanish with the namespaces.

lab=/mnt
kubernetes=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

lan_up() {
  mount -t tmpfs none "$lab"
  ip link set lo up
  ip link add lan type bridge forward_delay 0
  ip address add 192.0.2.254/24 dev lan
  ip -6 address add 2001:db8::fe/64 dev lan nodad
  ip link set lan up
}

# node_up NAME NUMBER: with the addresses 192.0.2.NUMBER and 2001:db8::NUMBER.
node_up() {
  local name=$1 number=$2
  mkdir -p "$lab/$name"/{etc/cni/net.d,opt/cni/bin,var/lib,var/log}
  unshare --net --mount --pid --fork --kill-child "$kubernetes/node-init" "$lab/$name" 2>"$lab/$name/complaints" &
  # shellcheck disable=SC2016 # for the inner shell
  timeout 10 bash -c 'until [[ -s $0 ]]; do sleep 0.01; done' "$lab/$name/init" ||
    { cat "$lab/$name/complaints" >&2; return 1; }
  ip link add "lan$number" master lan type veth peer name eth0 netns "$(<"$lab/$name/init")"
  ip link set "lan$number" up
  on "$name" ip address add "192.0.2.$number/24" dev eth0
  on "$name" ip -6 address add "2001:db8::$number/64" dev eth0 nodad
  on "$name" ip link set eth0 up
  on "$name" ip route add default via 192.0.2.254
  on "$name" ip -6 route add default via 2001:db8::fe
}

on() { # on NODE COMMAND...
  local init
  init=$(<"$lab/$1/init")
  nsenter --target "$init" --net --mount --pid "${@:2}"
}

# As when its power fails: with the first process all others die, and with them the namespaces.
node_down() {
  local init
  init=$(<"$lab/$1/init")
  kill -KILL "$init"
  rm "$lab/$1/init"
  # shellcheck disable=SC2016 # for the inner shell
  timeout 20 bash -c 'while [[ -e /proc/$0 ]]; do sleep 0.05; done' "$init"
}

# All nodes go; the parents of their first processes do not heed what ends other jobs.
lan_down() {
  local init
  for init in "$lab"/*/init; do
    [[ ! -e $init ]] || node_down "$(basename "${init%/init}")"
  done
}

#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # of node.bash
# Every configuration in conf-examples/runtimes, as its project writes it, with packets along every path.

load node

setup() {
  need jq ping socat ss timeout nft
  need_built patchbay bridge ptp portmap host-local tuning bandwidth loopback
}

# One of ours, or the reference's beside our other plugins.
need_firewall() {
  [[ -x $PATCHBAY_BIN/firewall || -x /usr/lib/cni/firewall ]] || skip "there is no plugin firewall"
}

need_our_firewall() {
  [[ -x $PATCHBAY_BIN/firewall ]] || skip "firewall is not in $PATCHBAY_BIN"
}

on_a_node_of() { # on_a_node_of FILE, script on stdin
  # shellcheck disable=SC2016 # for the inner shell
  { printf 'source "$repository/test/clients/support/life.bash"\nsettle %s\n' "$1"; cat; } | on_node
}

@test "every file has its case here, and is in the table" {
  for file in "$repository"/conf-examples/runtimes/*.conflist; do
    name=${file##*/}
    grep -q "on_a_node_of ${name%.conflist}\b" "$BATS_TEST_FILENAME"
    grep -q "(runtimes/$name)" "$repository/conf-examples/README.md"
  done
  for file in "$repository"/conf-examples/*.conflist; do # these are run by netns/conf_examples
    grep -q "(${file##*/})" "$repository/conf-examples/README.md"
  done
}

@test "containerd's sample" {
  on_a_node_of containerd <<'SCRIPT'
    one_day masqueraded
    ip link show cni0 | grep -q PROMISC
SCRIPT
}

@test "CRI-O's default bridge" {
  on_a_node_of cri-o <<'SCRIPT'
    one_day masqueraded
SCRIPT
}

@test "CRI-O's bridge of IPv4 alone" {
  on_a_node_of cri-o-ipv4 <<'SCRIPT'
    one_day masqueraded
SCRIPT
}

@test "CRI-O's loopback" {
  on_a_node_of cri-o-loopback <<'SCRIPT'
    ip netns add red
    patchbay add loopback /run/netns/red -i lo >/run/result
    [[ $(jq -r '.ips[0].address' /run/result) == 127.0.0.1/8 ]]
    patchbay check loopback /run/netns/red -i lo
    reaches red 127.0.0.1
    patchbay del loopback /run/netns/red -i lo
SCRIPT
}

@test "podman's default network" {
  need_firewall
  on_a_node_of podman <<'SCRIPT'
    one_day masqueraded
SCRIPT
}

@test "a network that podman creates with labels, an MTU, a range and an address that was asked for" {
  need_firewall
  on_a_node_of podman-network-create <<'SCRIPT'
    one_day masqueraded
    attach red 8080 ', "ips": ["10.89.0.77", "fd89:1::77"]'
    [[ $(jq -c '[.ips[].address]' /run/red) == '["10.89.0.77/24","fd89:1::77/64"]' ]]
    ip -n red link show eth0 | grep -q 'mtu 1400'
    attach blue
    [[ $(address_of /run/blue 4) == 10.89.0.[1-9][0-9] ]]
    serves masqueraded
    detach red; detach blue
SCRIPT
}

@test "nerdctl's default network" {
  need_firewall
  on_a_node_of nerdctl <<'SCRIPT'
    one_day masqueraded
SCRIPT
}

@test "nerdctl's isolated networks" {
  need_our_firewall
  on_a_node_of nerdctl-isolated <<'SCRIPT'
    attach red 8080; attach blue
    serve_both red 80
    [[ $(hears red 192.0.2.2 7) == 192.0.2.1 ]]
    [[ $(hears lan 192.0.2.1 8080) == "red here" ]]
    fails 1 reaches blue "$(address_of /run/red 4)" 1
    isolated=$network
    settle nerdctl
    attach green
    fails 1 reaches green "$(address_of /run/red 4)" 1
    fails 1 reaches red "$(address_of /run/green 4)" 1
    detach green
    network=$isolated
    detach red; detach blue
SCRIPT
}

@test "kind's: CNI 0.3.1, routed, leases on a tmpfs" {
  on_a_node_of kind <<'SCRIPT'
    one_day routed
    attach red
    [[ $(</run/cni-ipam-state/kindnet/"$(address_of /run/red 4)") == cnitool-* ]]
    detach red
    [[ -z $(find /run/cni-ipam-state/kindnet -name '10.*') ]]
SCRIPT
}

@test "flannel's, by its delegate" {
  on_a_node_of flannel <<'SCRIPT'
    one_day routed
    attach red
    ip -n red link show eth0 | grep -q 'mtu 1450'
    ip -n red route get 10.244.9.9 | grep -q 'via 10.244.1.1'
    detach red
SCRIPT
}

@test "k3s', by flannel's delegate, with limits" {
  on_a_node_of k3s <<'SCRIPT'
    one_day routed
    attach red
    tc qdisc show | grep -q 'tbf 1: dev bwp.* rate 100Mbit'
    detach red
    [[ $(tc qdisc show) != *tbf* ]]
SCRIPT
}

@test "Calico's host ports and limits, behind a result without the container's interface" {
  on_a_node_of calico <<'SCRIPT'
    one_day routed
    attach red
    tc qdisc show | grep -q 'tbf 1: dev bwp.* rate 100Mbit'
    detach red
    [[ $(tc qdisc show) != *tbf* ]]
SCRIPT
}

@test "minikube's, with a key that no plugin knows" {
  need_firewall
  on_a_node_of minikube <<'SCRIPT'
    one_day masqueraded
SCRIPT
}

@test "Nomad's, on a node that forwards nothing else" {
  need_firewall
  need iptables
  on_a_node_of nomad <<'SCRIPT'
    # As Nomad's client does before it calls any plugin.
    iptables -N NOMAD-ADMIN
    iptables -A NOMAD-ADMIN -o nomad -d 172.26.64.0/20 -j ACCEPT
    iptables -P FORWARD DROP
    one_day masqueraded
    iptables -S FORWARD | grep -q 'CNI-FORWARD$'
    iptables -S CNI-FORWARD | grep -q -- '-j NOMAD-ADMIN$'
SCRIPT
}

#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The check that every scenario with a real client ends with: it must notice what it is there for.

load node

setup() {
  need_root
  need jq tc nft iptables-legacy
  need_built patchbay bridge portmap host-local bandwidth
}

@test "the ledger of a healthy node is balanced, with every backend and limit" {
  on_node ledger_cases <<'SCRIPT'
    for backend in nftables iptables; do
      attached $backend
      ledger check
      patchbay del blue /run/netns/red
      ip netns del red
      ledger check
    done
SCRIPT
}

@test "the ledger notices what is nobody's" {
  on_node ledger_cases <<'SCRIPT'
    attached nftables
    ledger check
    ip link add stray type veth peer name other
    notices 'host end of nobody: stray'
    ip link del stray
    ip link add ifb9 type ifb
    notices 'ifb of nobody: ifb9'
    ip link del ifb9
    printf 'x\r\neth0' >/var/lib/cni/networks/blue/10.99.0.77
    notices "lease of nobody: ('blue', '10.99.0.77', 'x', 'eth0')"
    rm /var/lib/cni/networks/blue/10.99.0.77
    nft 'add table ip stray; add chain ip stray c; add rule ip stray c ip daddr 10.99.0.77 accept'
    notices 'rule about 10.99.0.77'
    nft delete table ip stray
    iptables-legacy -t nat -A PREROUTING -p tcp --dport 99 -j DNAT --to-destination 10.99.0.2:99
    notices "host port of nobody: Forward(protocol='tcp', host_port=99, address='10.99.0."
    iptables-legacy -t nat -D PREROUTING -p tcp --dport 99 -j DNAT --to-destination 10.99.0.2:99
    ip netns add black
    ip -n black link add eth0 type veth peer name eth1
    notices 'interface of nobody'
    ip netns del black
    eventually 20 ledger check
SCRIPT
}

@test "the ledger notices what is missing" {
  on_node ledger_cases <<'SCRIPT'
    attached nftables
    rm "$(lease)"
    notices 'lease missing'
    attached nftables
    nft flush set inet patchbay masq_10.99.0.0/24
    notices 'masquerading missing: 10.99.0.'
    attached nftables
    nft flush map inet patchbay hostports4
    notices "host port missing: Forward(protocol='tcp', host_port=8080, address='10.99.0."
    attached nftables
    tc qdisc del dev "$(host_end)" root
    notices 'bandwidth missing'
    attached nftables
    ip -n red addr flush dev eth0
    notices 'interface missing'
    attached nftables
    ip link set "$(host_end)" nomaster
    notices 'bridge port missing'
    attached nftables
    ip -n red link del eth0
    notices 'host end missing'
    attached nftables
    rm -r /run/patchbay/bridge/blue
    notices 'audit: record missing'
SCRIPT
}

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What `floor` finds on a node: in the network namespace it is called in.
set -euo pipefail

ip link add cni0 type bridge
ip addr add 10.88.0.1/16 dev cni0
ip link set cni0 up
mkdir -p /var/lib/cni/networks/bench
nft -f - <<'NFT'
table inet floor {
  set masq {
    type ipv4_addr
    flags timeout
  }
  map hostports {
    type inet_proto . inet_service : ipv4_addr . inet_service
    flags timeout
  }
  chain prerouting {
    type nat hook prerouting priority dstnat
    fib daddr type local dnat ip to meta l4proto . th dport map @hostports
  }
  chain output {
    type nat hook output priority -100
    fib daddr type local dnat ip to meta l4proto . th dport map @hostports
  }
  chain postrouting {
    type nat hook postrouting priority srcnat
    ip saddr @masq ip daddr != 10.88.0.0/16 masquerade
  }
}
NFT

#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# nerdctl, which writes the configuration of its networks itself.

load node

setup() {
  need_root
  need_peer containerd containerd-shim-runc-v2 ctr crictl nerdctl
  need runc curl jq socat nft busybox
  need_built patchbay bridge portmap host-local tuning loopback
}

@test "nerdctl publishes ports and lists them" {
  on_node real_node containerd containerd2 nerdctl lan <<'SCRIPT'
    nerdctl_node
    before=$(ledger snapshot)
    run red -p 8080:80 -p 127.0.0.1:8081:80
    [[ $(name_from_lan 192.0.2.1:8080) == red ]]
    [[ $(name_at 127.0.0.1:8080) == red ]]
    [[ $(name_at 127.0.0.1:8081) == red ]]
    [[ $(nerdctl exec red nc 192.0.2.2 7) == 192.0.2.1 ]]
    [[ $(nerdctl port red | sort) == $'80/tcp -> 0.0.0.0:8080\n80/tcp -> 127.0.0.1:8081' ]]
    [[ $(nerdctl ps --format '{{.Ports}}') == *'0.0.0.0:8080->80/tcp'* ]]
    ledger check lan0
    nerdctl rm --force red >/dev/null
    same_as "$before"
SCRIPT
}

@test "nerdctl finds free ports by itself" {
  on_node real_node containerd containerd2 nerdctl lan <<'SCRIPT'
    nerdctl_node
    for name in red green blue; do run $name -p 80; done
    for name in red green blue; do
      [[ $(name_from_lan "192.0.2.1:$(nerdctl port $name 80 | cut -d: -f2)") == $name ]]
    done
    nerdctl rm --force red green blue >/dev/null
SCRIPT
}

@test "a container in two networks of nerdctl" {
  on_node real_node containerd containerd2 nerdctl lan <<'SCRIPT'
    nerdctl_node
    nerdctl network create blue --subnet 10.98.0.0/24 >/dev/null
    nerdctl network create pink --subnet 10.97.0.0/24 >/dev/null
    for network in blue pink; do nerdctl run --rm --pull never --publish 81:80 --network $network $image /bin/true; done
    before=$(ledger snapshot)
    run red --network blue --network pink -p 8080:80
    [[ $(name_at 10.98.0.3) == red ]]
    [[ $(name_at 10.97.0.3) == red ]]
    [[ $(name_from_lan 192.0.2.1:8080) == red ]]
    ledger check lan0
    nerdctl stop --time 0 red >/dev/null
    nerdctl start red >/dev/null
    eventually 10 name_from_lan 192.0.2.1:8080 >/dev/null
    nerdctl rm --force red >/dev/null
    same_as "$before"
    nerdctl network rm blue pink >/dev/null
SCRIPT
}

@test "networks and containers that nerdctl keeps apart" {
  need_built firewall
  on_node real_node containerd containerd2 nerdctl lan <<'SCRIPT'
    nerdctl_node
    for name in blue pink; do nerdctl network create $name >/dev/null; done
    nerdctl network create alone --opt icc=false 2>/run/complaint >/dev/null
    [[ ! -s /run/complaint ]]
    grep -q '"ingressPolicy": *"isolated"' /etc/cni/net.d/default/nerdctl-alone.conflist
    run red --network blue
    run green --network pink
    for name in one two; do run $name --network alone; done
    reaches() { nerdctl exec "$1" timeout 2 nc "$(address_of_container "$2")" 80 </dev/null; }
    reaches_nothing() { ! reaches "$@"; }
    run near --network blue
    reaches near red
    reaches_nothing green red
    reaches_nothing red green
    reaches_nothing one two
    [[ $(nerdctl exec one nc 192.0.2.2 7) == 192.0.2.1 ]]
    nerdctl rm --force red green near one two >/dev/null
SCRIPT
}

#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# firewalld as the node's firewall.

load node

setup() {
  need_root
  need dbus-daemon firewalld firewall-cmd curl jq socat tc nft busybox
  need_python dbus firewall
  need_built patchbay bridge portmap host-local
}

@test "a reload of firewalld breaks no attachment" {
  on_node firewalld lan <<'SCRIPT'
    network blue 1.1.0
    start_firewalld
    firewall-cmd --quiet --permanent --zone trusted --add-interface br-blue
    firewall-cmd --quiet --reload
    export CAP_ARGS='{"portMappings": [{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}]}'
    warm_up blue
    before=$(ledger snapshot)
    container red
    patchbay add blue /run/netns/red >/dev/null
    web red
    sees_lan red
    [[ $(name_from_lan 192.0.2.1:8080) == red ]]
    ledger check lan0
    firewall-cmd --quiet --reload
    sees_lan red
    [[ $(name_from_lan 192.0.2.1:8080) == red ]]
    ledger check lan0
    patchbay check blue /run/netns/red
    patchbay del blue /run/netns/red
    ip netns del red
    same_as "$before"
SCRIPT
}

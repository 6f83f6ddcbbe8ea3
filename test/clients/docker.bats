#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Docker as a neighbour: it drops all forwarded packets that nobody has accepted.

load node

setup() {
  need_root
  need dockerd docker containerd runc curl jq socat tc nft iptables busybox
  need_built patchbay bridge portmap host-local firewall
}

@test "beside Docker, containers reach out" {
  on_node docker lan <<'SCRIPT'
    beside_docker
    sees_lan red
    docker run --rm --publish 9091:80 $image true
    sees_lan red
    [[ $(name_from_lan 192.0.2.1:9090) == black ]]
    ledger check lan0 docker0
    patchbay del blue /run/netns/red
    ip netns del red
    same_as "$before"
SCRIPT
}

@test "beside Docker, containers are reached by their host ports" {
  on_node docker lan <<'SCRIPT'
    beside_docker
    [[ $(name_at 192.0.2.1:8080) == red ]]
    [[ $(name_from_lan 192.0.2.1:8080) == red ]]
    ledger check lan0 docker0
SCRIPT
}

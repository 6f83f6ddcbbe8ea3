#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Clients that read, and remove, rules that plugins have made with iptables.

load node

setup() {
  need jq
  need_built patchbay bridge portmap host-local loopback
}

nerdctl_reads() {
  variant=$1 on_node iptables <<'SCRIPT'
    host_iptables $variant
    network blue 1.0.0
    sed -i 's/"portmap",/"portmap", "backend": "iptables",/' /run/net.d/50-blue.conflist
    container red
    export CAP_ARGS='{"portMappings": [
      {"hostPort": 8080, "containerPort": 80, "protocol": "tcp"},
      {"hostPort": 8443, "containerPort": 443, "protocol": "tcp", "hostIP": "192.0.2.1"},
      {"hostPort": 5353, "containerPort": 53, "protocol": "udp"}]}'
    patchbay add blue /run/netns/red >/dev/null
    [[ $(used_ports) == $'192.0.2.1:8443\nany:5353\nany:8080' ]]
    patchbay del blue /run/netns/red
    [[ -z $(used_ports) ]]
SCRIPT
}

nomad_cleans_up() {
  variant=$1 on_node iptables <<'SCRIPT'
    host_iptables $variant
    allocation=6b235529-8111-4bbe-520b-d639b1d2a94e
    nomad_network
    sed -i 's/"ipMasq"/"ipMasqBackend": "iptables", "ipMasq"/' /run/net.d/nomad.conflist
    container red
    warm_up nomad
    before=$(iptables -t nat -S; traces)
    patchbay add nomad /run/netns/red --container-id $allocation >/run/result
    nomad_purges $allocation
    [[ $purged == "$(address_of /run/result 4)/32" ]]
    patchbay del nomad /run/netns/red --container-id $allocation
    [[ $before == "$(iptables -t nat -S; traces)" ]]
SCRIPT
}

@test "nerdctl finds used host ports in rules of iptables-legacy" {
  need iptables-legacy
  nerdctl_reads legacy
}

@test "Nomad removes an allocation's rules from iptables-legacy" {
  need iptables-legacy
  nomad_cleans_up legacy
}

@test "nerdctl finds used host ports in rules of iptables-nft" {
  need iptables-nft
  nerdctl_reads nft
}

@test "Nomad removes an allocation's rules from iptables-nft" {
  need iptables-nft
  nomad_cleans_up nft
}

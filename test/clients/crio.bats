#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# CRI-O, which has every attachment checked right after it was made, and says at its start which are left.

load node

setup() {
  need_root
  need_peer crio pinns crictl
  need conmon runc podman curl jq socat nft busybox
  need_built patchbay bridge host-local loopback
}

pods_life() {
  export version=$1 families=$2
  on_node real_node podman crictl crio lan <<'SCRIPT'
    crio_network $version $families
    start_crio
    load_image
    eventually 10 network_ready yes
    remove_pods "$(pod first '{port_mappings: [{container_port: 80, host_port: 81}]}')" # CRI-O's own tables stay
    before=$(ledger snapshot)

    red=$(pod red '{port_mappings: [{container_port: 80, host_port: 8080}]}')
    start $red red >/dev/null
    green=$(pod green)
    shell=$(start $green green /bin/sleep 1000)
    eventually 10 name_from_lan 192.0.2.1:8080 >/dev/null
    for address in $(addresses_of $red); do
      [[ $(name_at $address) == red ]]
      [[ $(crictl exec $shell wget -qO- http://$address/cgi-bin/name) == red ]]
    done
    [[ $(name_from_lan 192.0.2.1:8080) == red ]] # CRI-O's own rules
    [[ $(crictl exec $shell nc 192.0.2.2 7) == 192.0.2.1 ]]
    [[ $families == ipv4 || $(crictl exec $shell nc 2001:db8::2 7) == 2001:db8::1 ]]
    remove_pods $red $green
    eventually 5 same_as "$before"
SCRIPT
}

@test "pods on CRI-O's own network" {
  pods_life 1.0.0 ipv4
}

@test "pods on CRI-O's own network in both families" {
  pods_life 1.0.0 dual
}

@test "pods on CRI-O's own network of version 0.4.0" {
  pods_life 0.4.0 dual
}

@test "what is left of pods that CRI-O does not know is collected when it starts" {
  on_node real_node podman crictl crio lan <<'SCRIPT'
    # Not the rules that stand around addresses: those for a subnet go with its last one.
    snapshot() { ledger snapshot | grep -v '^rule {'; }
    unchanged() { diff <(echo "$before") <(snapshot) >&2; }

    network blue 1.1.0
    container other
    patchbay add blue /run/netns/other >/dev/null
    crio_network 1.1.0 dual
    start_crio
    load_image
    eventually 10 network_ready yes
    remove_pods "$(pod first)"
    before=$(snapshot)
    pod red >/dev/null
    pod green >/dev/null
    crio_loses_its_pods
    umount /run/netns/*-*
    rm /run/netns/*-*
    start_crio
    [[ -z $(crictl pods --quiet) ]]
    eventually 10 unchanged
    patchbay check blue /run/netns/other
SCRIPT
}

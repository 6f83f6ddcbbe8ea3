#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The plugin firewall where firewalld accepts containers.

load node

setup() {
  need_root
  need dbus-daemon firewalld firewall-cmd jq nft ping
  need_python dbus firewall
  need_built patchbay bridge firewall host-local
}

@test "firewalld accepts containers where it runs, and until they go" {
  on_node firewalld guarded lan <<'SCRIPT'
    guarded blue
    start_firewalld
    container red
    container green
    patchbay add blue /run/netns/red >/dev/null
    [[ $(sources) == "$red" ]]
    [[ $(accepts) != *10.98.0.2* ]]
    sees_lan red
    firewall-cmd --quiet --zone trusted --remove-source 10.98.0.2/32
    refused sees_lan red
    firewall-cmd --quiet --zone trusted --add-source 10.98.0.2/32
    patchbay add blue /run/netns/green >/dev/null
    [[ $(sources) == "$both" ]]
    patchbay check blue /run/netns/red
    patchbay audit | grep -F blue
    patchbay del blue /run/netns/green
    [[ $(sources) == "$red" ]]
    patchbay del blue /run/netns/red
    [[ $(sources) == "$none" ]]
    [[ -z $(find /run/patchbay/firewall -type f) ]]
SCRIPT
}

@test "firewalld forgets containers of which nothing is known but their leases" {
  on_node firewalld guarded <<'SCRIPT'
    guarded blue
    start_firewalld
    container red
    container green
    patchbay add blue /run/netns/red >/dev/null
    patchbay add blue /run/netns/green >/dev/null
    rm -r /run/patchbay /var/lib/cni/results
    patchbay del blue /run/netns/red
    [[ $(sources) == "10.98.0.3/32 fd98::3/128" ]]
SCRIPT
}

@test "firewalld with iptables under it is found as well" {
  on_node firewalld guarded <<'SCRIPT'
    guarded blue
    start_firewalld iptables
    container red
    patchbay add blue /run/netns/red >/dev/null
    [[ $(sources) == "$red" ]]
    patchbay del blue /run/netns/red
    [[ $(sources) == "$none" ]]
SCRIPT
}

@test "firewalld with legacy iptables under it is found as well" {
  need iptables-legacy ip6tables-legacy
  on_node firewalld guarded <<'SCRIPT'
    for program in iptables{,-save,-restore} ip6tables{,-save,-restore}; do
      ln -sf "/usr/sbin/${program/tables/tables-legacy}" "/etc/alternatives/$program"
    done
    guarded blue
    start_firewalld iptables
    iptables-legacy -S FORWARD_direct
    container red
    patchbay add blue /run/netns/red >/dev/null
    [[ $(sources) == "$red" ]]
    patchbay check blue /run/netns/red
    patchbay del blue /run/netns/red
    [[ $(sources) == "$none" ]]
SCRIPT
}

@test "firewalld of another namespace accepts nothing for this one" {
  on_node firewalld guarded <<'SCRIPT'
    guarded blue
    start_dbus
    container elsewhere
    ip netns exec elsewhere /usr/bin/python3 /usr/sbin/firewalld --nofork --nopid &
    eventually 20 firewall-cmd --state --quiet
    container red
    patchbay add blue /run/netns/red >/dev/null
    [[ $(sources) == "$none" ]]
    [[ $(accepts) == *10.98.0.2* ]]
    patchbay del blue /run/netns/red
SCRIPT
}

@test "a reload of firewalld is noticed by CHECK and repaired" {
  on_node firewalld guarded lan <<'SCRIPT'
    guarded blue '"backend": "firewalld", "firewalldZone": "internal", "ingressPolicy": "same-bridge"'
    start_firewalld
    container red
    patchbay add blue /run/netns/red >/dev/null
    [[ $(sources internal) == "$red" ]]
    [[ $(nft list set inet patchbay confined) == *br-blue* ]]
    firewall-cmd --quiet --reload
    [[ $(sources internal) == "$none" ]]
    refused patchbay check blue /run/netns/red
    jq -e '.code == 106 and (.msg | contains("zone internal lacks source 10.98.0.2/32"))' /run/refused >&2
    refused patchbay audit
    grep -F "lacks source 10.98.0.2/32" /run/refused >&2
    patchbay repair
    [[ $(sources internal) == "$red" ]]
    patchbay check blue /run/netns/red
    patchbay del blue /run/netns/red
    [[ $(sources internal) == "$none" ]]
    [[ $(nft list set inet patchbay confined) != *br-blue* ]]
SCRIPT
}

@test "without firewalld, or without its zone, ADD is refused and DEL succeeds" {
  on_node firewalld guarded <<'SCRIPT'
    guarded blue '"backend": "firewalld"'
    guarded nowhere '"backend": "firewalld", "firewalldZone": "nowhere"'
    container red
    refused patchbay add blue /run/netns/red
    jq -e '.code == 50 and (.msg | contains("firewalld is not running"))' /run/refused >&2
    start_dbus
    refused patchbay add blue /run/netns/red
    jq -e '.code == 50 and (.msg | contains("firewalld is not running"))' /run/refused >&2
    refused patchbay status blue
    jq -e '.code == 50' /run/refused >&2
    start_firewalld
    patchbay status blue
    refused patchbay status nowhere
    jq -e '.code == 50 and (.msg | contains("no zone"))' /run/refused >&2
    refused patchbay add nowhere /run/netns/red
    jq -e '.code == 7 and (.details | startswith("at /firewalldZone"))' /run/refused >&2
    # All or nothing: the second address is of another zone.
    rm -r /var/lib/cni
    firewall-cmd --quiet --zone public --add-source fd98::2/128
    refused patchbay add blue /run/netns/red
    cat /run/refused >&2
    jq -e '.code == 101 and (.details | contains("ZONE_CONFLICT"))' /run/refused >&2
    [[ $(sources) == "$none" ]]
    firewall-cmd --quiet --zone public --remove-source fd98::2/128
    rm -r /var/lib/cni
    patchbay add blue /run/netns/red >/dev/null
    [[ $(sources) == "$red" ]]
    kill -KILL $firewalld
    eventually 10 refused firewall-cmd --state --quiet
    refused patchbay check blue /run/netns/red
    jq -e '.code == 106 and (.msg | contains("firewalld is not running"))' /run/refused >&2
    patchbay del blue /run/netns/red
SCRIPT
}

@test "firewalld's zones are as the reference has them, which takes over and is taken over" {
  [[ -x /usr/lib/cni/firewall ]] || skip "the reference plugins are not installed"
  on_node firewalld guarded <<'SCRIPT'
    version=1.0.0 guarded blue '"backend": "firewalld"'
    sed -i 's/"ipMasq": true/"ipMasq": false/' /run/net.d/60-blue.conflist
    start_firewalld
    container red
    CNI_PATH=/usr/lib/cni patchbay add blue /run/netns/red >/dev/null
    reference=$(sources)
    CNI_PATH=/usr/lib/cni patchbay check blue /run/netns/red
    patchbay del blue /run/netns/red
    [[ $(sources) == "$none" ]]
    patchbay add blue /run/netns/red >/dev/null
    [[ $(sources | sed s/3/2/g) == "$(echo "$reference" | sed s/3/2/g)" ]]
    CNI_PATH=/usr/lib/cni patchbay del blue /run/netns/red
    [[ $(sources) == "$none" ]]
SCRIPT
}

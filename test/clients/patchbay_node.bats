#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The command-line tool on a node where something has gone wrong.

load node

setup() {
  need jq
  need_built patchbay bridge portmap host-local
}

@test "audit of an empty node, of a healthy one, and of one that lost a container" {
  on_node <<'SCRIPT'
    [[ $(patchbay audit) == '0 live, 0 stale, 0 missing' ]]
    network blue 1.1.0
    container red; container green
    patchbay add blue /run/netns/green >/dev/null
    patchbay audit >/run/report
    grep -Eqx 'live +link +blue +br-blue, a bridge' /run/report
    grep -Eqx 'live +address +blue +10.99.0.1/24 on br-blue' /run/report
    grep -Eqx 'live +lease +blue/cnitool-[0-9a-f]+/eth0 +/var/lib/cni/networks/blue/10.99.0.2' /run/report
    grep -Eqx 'live +element +blue/cnitool-[0-9a-f]+/eth0 +inet patchbay masq_10.99.0.0/24: 10.99.0.2' /run/report
    [[ $(tail -1 /run/report) == *' live, 0 stale, 0 missing' ]]

    patchbay add blue /run/netns/red >/dev/null
    ip netns del red
    until [[ $(ip -br link | grep -c ^veth) == 1 ]]; do sleep 0.01; done
    fails 3 patchbay audit
    grep -Eq '^stale +lease .*/10.99.0.3  \(network namespace /run/netns/red is gone\)$' /run/stdout
    fails 3 patchbay audit blue
    patchbay audit other
    fails 3 patchbay audit --json
    [[ $(jq -c '[.things[] | select(.verdict == "stale") | .kind] | unique' /run/stdout) == \
      '["cache entry","element","index entry","lease","record"]' ]]
SCRIPT
}

@test "gc --yes needs neither plugins nor configuration, and shows with --dry-run what it will do" {
  need ping
  on_node <<'SCRIPT'
    network blue 1.1.0
    container red; container green
    export CAP_ARGS='{"portMappings": [{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}]}'
    warm_up blue
    CAP_ARGS='' patchbay add blue /run/netns/green >/run/green
    alone=$(traces)
    patchbay add blue /run/netns/red >/dev/null
    ip netns del red
    until [[ $(ip -br link | grep -c ^veth) == 1 ]]; do sleep 0.01; done
    rm /run/net.d/*; export CNI_PATH=/nowhere
    dirty=$(traces)
    patchbay gc --dry-run >/run/whole
    patchbay gc blue --yes --dry-run >/run/one
    diff /run/whole /run/one
    left_as "$dirty"
    [[ $(patchbay gc other --yes) == 'removed 0' ]]
    left_as "$dirty"
    patchbay gc --yes >/run/removed
    diff <(sed 's/would remove/removed/' /run/whole) /run/removed
    left_as "$alone"
    [[ $(patchbay gc --yes) == 'removed 0' ]]
    ping -c1 -W2 "$(address_of /run/green 4)" >/dev/null
SCRIPT
}

@test "gc NETWORK --dry-run shows what gc NETWORK removes" {
  on_node <<'SCRIPT'
    network blue 1.1.0
    network pink 1.1.0 10.98.0.0/24
    sed -i 's/fd00:99/fd00:98/' /run/net.d/50-pink.conflist
    container red; container green
    export CAP_ARGS='{"portMappings": [{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}]}'
    patchbay add pink /run/netns/green >/dev/null
    unset CAP_ARGS
    patchbay add blue /run/netns/green >/dev/null -i eth1
    patchbay add blue /run/netns/red >/dev/null
    kinds() { jq -c '[.wouldRemove[].kind] | unique' <(patchbay gc "$@" --dry-run --json); }
    [[ $(kinds blue) == '[]' ]]
    rm /var/lib/cni/results/blue-*-eth0 # the runtime knows nothing of red: to "gc blue" it is dead, in truth it lives
    everything='["element","index entry","lease","link","record"]'
    [[ $(kinds blue) == "$everything" ]]
    [[ $(kinds blue --yes) == '[]' ]]
    [[ $(kinds blue --all) == '["cache entry","element","index entry","lease","link","record"]' ]]
    patchbay gc blue
    [[ $(kinds blue) == '[]' ]]
    patchbay check blue /run/netns/green -i eth1
    patchbay check pink /run/netns/green
    fails 1 ip -n red link show eth0
    sed -i 's/"name"/"disableGC": true, "name"/' /run/net.d/50-blue.conflist
    [[ $(kinds blue --all) == '[]' ]]
SCRIPT
}

@test "repair makes again what a flush has taken" {
  on_node <<'SCRIPT'
    network blue 1.1.0
    container red
    export CAP_ARGS='{"portMappings": [{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}]}'
    patchbay add blue /run/netns/red >/dev/null
    before=$(traces | sort) # the order of sets within a table means nothing
    [[ $(patchbay repair) == '0 repaired, 1 lack nothing' ]]
    nft flush ruleset
    fails 3 patchbay audit
    grep -q '^missing  of blue/cnitool-.*/eth0: nftables: host port 8080/tcp is not forwarded to 10.99.0.2:80$' /run/stdout
    grep -q '"patchbay repair" makes missing rules again$' /run/stdout
    patchbay repair >/run/report
    grep -q '^blue/cnitool-.*/eth0: made again$' /run/report
    [[ $(tail -1 /run/report) == '1 repaired, 0 lack nothing' ]]
    diff <(echo "$before") <(traces | sort)
    patchbay audit >/dev/null
    patchbay check blue /run/netns/red
    nft flush ruleset
    [[ $(patchbay repair blue --json | jq -c '[.repaired, .failed, .unknown | length]') == '[1,0,0]' ]]
SCRIPT
}

@test "what cannot be read is told, and nothing is removed" {
  on_node <<'SCRIPT'
    network blue 1.1.0
    container red
    patchbay add blue /run/netns/red >/dev/null
    before=$(traces)
    rm -rf /var/lib/cni/networks/blue/lock
    mkdir /var/lib/cni/networks/blue/lock # no lock can be taken there
    fails 1 patchbay audit
    [[ $complaint == *'(code 5)'* ]]
    fails 1 patchbay audit --json
    [[ $(jq '.failures | length' /run/stdout) == 1 ]]
    fails 1 patchbay gc --yes
    left_as "$before"
SCRIPT
}

@test "command lines of the verbs about the node" {
  on_node <<'SCRIPT'
    for line in "gc" "gc --all --yes" "gc --all" "audit a b" "repair a b" "audit --yes" "gc blue --dry-run=x"; do
      fails 2 patchbay $line
      [[ $complaint == *usage:* ]]
    done
    for verb in audit repair; do
      patchbay help $verb | grep -q "^patchbay $verb \[<network>\]"
      diff <(patchbay help $verb) <(patchbay $verb --help)
    done
    fails 1 patchbay audit ../x
SCRIPT
}

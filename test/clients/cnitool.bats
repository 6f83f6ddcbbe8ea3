#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The reference's own client with our plugins, and the two clients one after the other.

load node

setup() {
  need jq ping socat ss timeout
  need_cnitool
  need_built patchbay bridge portmap host-local
}

@test "cnitool add, check and del with version 0.3.1" {
  on_node <<<'one_life 0.3.1 cnitool cnitool'
}

@test "cnitool adds and patchbay deletes with version 0.3.1" {
  on_node <<<'one_life 0.3.1 cnitool patchbay'
}

@test "patchbay adds and cnitool deletes with version 0.3.1" {
  on_node <<<'one_life 0.3.1 patchbay cnitool'
}

@test "cnitool add, check and del with version 0.4.0" {
  on_node <<<'one_life 0.4.0 cnitool cnitool'
}

@test "cnitool adds and patchbay deletes with version 0.4.0" {
  on_node <<<'one_life 0.4.0 cnitool patchbay'
}

@test "patchbay adds and cnitool deletes with version 0.4.0" {
  on_node <<<'one_life 0.4.0 patchbay cnitool'
}

@test "cnitool add, check and del with version 1.0.0" {
  on_node <<<'one_life 1.0.0 cnitool cnitool'
}

@test "cnitool adds and patchbay deletes with version 1.0.0" {
  on_node <<<'one_life 1.0.0 cnitool patchbay'
}

@test "patchbay adds and cnitool deletes with version 1.0.0" {
  on_node <<<'one_life 1.0.0 patchbay cnitool'
}

@test "cnitool add, check and del with version 1.1.0" {
  on_node <<<'one_life 1.1.0 cnitool cnitool'
}

@test "cnitool adds and patchbay deletes with version 1.1.0" {
  on_node <<<'one_life 1.1.0 cnitool patchbay'
}

@test "patchbay adds and cnitool deletes with version 1.1.0" {
  on_node <<<'one_life 1.1.0 patchbay cnitool'
}

@test "both write the same cache" {
  on_node <<'SCRIPT'
    container red
    fakes blue 1.0.0 one two
    export CNI_ARGS='B=2;A=1' CAP_ARGS='{"x": [1, {"b": 1, "a": "<"}]}'
    cnitool add blue /run/netns/red >/run/theirs
    cp /var/lib/cni/results/* /run/their_cache
    patchbay add blue /run/netns/red >/run/ours
    cp /var/lib/cni/results/* /run/our_cache
    diff <(jq -S . /run/theirs) <(jq -S . /run/ours)
    diff <(jq . /run/their_cache) <(jq . /run/our_cache)
SCRIPT
}

@test "both send plugins the same request" {
  on_node <<'SCRIPT'
    container red
    fake one 'env | grep ^CNI_ | sort >"/run/environment.$CNI_COMMAND"'
    fakes blue 1.1.0 one two
    echo '{"type": "three", "capabilities": {"x": true, "y": true}}' >/run/three.json
    mkdir /run/net.d/blue
    cp /run/three.json /run/net.d/blue/three.conf
    fake three
    export CNI_ARGS='B=2;A=1' CAP_ARGS='{"x": [1]}'
    for verb in add check del status; do
      for client in cnitool patchbay; do
        $client $verb blue /run/netns/red >/dev/null
        mkdir -p /run/$client
        cp /run/one.* /run/two.* /run/three.[A-Z]* /run/environment.* /run/$client/
        [[ $client$verb != cnitooldel ]] || cnitool add blue /run/netns/red >/dev/null
      done
    done
    for file in /run/cnitool/one.* /run/cnitool/two.* /run/cnitool/three.*; do
      diff <(jq -S . $file) <(jq -S . /run/patchbay/${file##*/})
    done
    diff -r /run/cnitool /run/patchbay -x '*.ADD' -x '*.CHECK' -x '*.DEL' -x '*.STATUS'
    diff /run/cnitool/environment.ADD /run/patchbay/environment.ADD
SCRIPT
}

@test "cnitool status" {
  on_node <<'SCRIPT'
    network blue 1.1.0
    cnitool status blue /run/netns/none
SCRIPT
}

@test "cnitool gc removes every attachment of the network" {
  on_node <<'SCRIPT'
    network blue 1.1.0
    container red; container green
    warm_up blue
    before=$(traces)
    cnitool add blue /run/netns/red >/dev/null
    patchbay add blue /run/netns/green >/dev/null
    ip netns del red
    # cnitool v1.3.0 sends no list of valid attachments with GC; plugins may refuse that.
    cnitool gc blue /run/netns/none 2>/run/complaint || grep -q 'GC' /run/complaint
    [[ -z $(ls /var/lib/cni/results) ]]
    ip netns del green
    left_as "$before"
SCRIPT
}

@test "patchbay gc spares what cnitool added, and takes what it left" {
  on_node <<'SCRIPT'
    network blue 1.1.0
    container red; container green
    warm_up blue
    cnitool add blue /run/netns/green >/run/green
    alone=$(traces)
    cnitool add blue /run/netns/red >/dev/null
    ip netns del red
    patchbay gc blue
    left_as "$alone"
    cnitool check blue /run/netns/green
    ping -c1 -W2 "$(address_of /run/green 6)" >/dev/null
SCRIPT
}

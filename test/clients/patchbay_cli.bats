#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The command-line tool as people and scripts use it.

load node

setup() {
  need jq
  need_built patchbay
}

# --- chains, with plugins that only log -----------------------------------------------------------------

@test "add runs the chain in order, prints the last result and caches it" {
  on_node <<'SCRIPT'
    container red
    fakes blue 1.0.0 one two
    patchbay add blue /run/netns/red >/run/result
    [[ $(</run/log) == $'one ADD\ntwo ADD' ]]
    [[ $(jq -c . /run/result) == '{"cniVersion":"1.0.0","interfaces":[{"name":"one"},{"name":"two"}]}' ]]
    [[ $(jq -c .prevResult /run/one.ADD) == null ]]
    [[ $(jq -c .prevResult.interfaces /run/two.ADD) == '[{"name":"one"}]' ]]
    cached=/var/lib/cni/results/blue-cnitool-5a8afba643291be94fa1-eth0
    [[ $(stat -c %a $cached) == 600 ]]
    [[ $(jq -c '[.kind, .networkName, .netns, .ifName]' $cached) == '["cniCacheV1","blue","/run/netns/red","eth0"]' ]]
    diff <(jq -cS .result $cached) <(jq -cS . /run/result)
    diff <(jq -r .config $cached | base64 -d) /run/net.d/50-blue.conflist
SCRIPT
}

@test "environment and options reach the plugins" {
  on_node <<'SCRIPT'
    container red
    fake one 'env >/run/environment'
    fakes blue 1.0.0 one
    export CNI_ARGS='B=2;A=1' CNI_IFNAME=net7 CNI_COMMAND=stale
    patchbay add blue /run//netns/./red --container-id c1 >/dev/null
    grep -qx CNI_COMMAND=ADD /run/environment
    grep -qx CNI_CONTAINERID=c1 /run/environment
    grep -qx CNI_NETNS=/run/netns/red /run/environment
    grep -qx CNI_IFNAME=net7 /run/environment
    grep -qx 'CNI_ARGS=B=2;A=1' /run/environment
    grep -qx CNI_PATH=/run/fake /run/environment
    [[ -e /var/lib/cni/results/blue-c1-net7 ]]

    unset CNI_ARGS
    patchbay del blue /run/netns/red --container-id c1
    grep -qx 'CNI_ARGS=B=2;A=1' /run/environment
    patchbay add blue /run/netns/red -i net8 --cache-dir /run/elsewhere >/dev/null
    grep -qx CNI_IFNAME=net8 /run/environment
    [[ -e /run/elsewhere/results/blue-cnitool-5a8afba643291be94fa1-net8 ]]
SCRIPT
}

@test "a failed add is undone by DEL of every plugin, in reverse" {
  on_node <<'SCRIPT'
    container red
    fake two '[[ $CNI_COMMAND == DEL ]] || { echo "{\"code\": 7, \"msg\": \"no such luck\", \"details\": \"at /x; hint: try again\"}"; exit 1; }'
    fakes blue 1.0.0 one two three
    fails 1 patchbay add blue /run/netns/red
    [[ $(</run/log) == $'one ADD\ntwo ADD\nthree DEL\ntwo DEL\none DEL' ]]
    [[ $complaint == *'plugin "two" (ADD): no such luck (code 7)'$'\n    at /x\n    hint: try again' ]]
    [[ ! -s /run/stdout ]]
    [[ $(jq -c .prevResult.interfaces /run/one.DEL) == '[{"name":"one"}]' ]]
    [[ -z $(ls /var/lib/cni/results) ]]
SCRIPT
}

@test "a failed add does not take away an interface that was there before" {
  on_node <<'SCRIPT'
    container red
    ip -n red link add eth0 type veth peer name far
    fake one '[[ $CNI_COMMAND == DEL ]] || { echo "{\"code\": 107, \"msg\": \"eth0 exists\"}"; exit 1; }'
    fakes blue 1.0.0 one
    fails 1 patchbay add blue /run/netns/red
    [[ $(</run/log) == 'one ADD' ]]
    [[ $complaint == *'eth0 was there before'* ]]
SCRIPT
}

@test "a result that cannot be kept is undone" {
  on_node <<'SCRIPT'
    container red
    fake one '[[ $CNI_COMMAND == DEL ]] || { rmdir /run/cache/results; touch /run/cache/results; }'
    fakes blue 1.0.0 one
    fails 1 patchbay add blue /run/netns/red --cache-dir /run/cache
    [[ $(</run/log) == $'one ADD\none DEL' ]]

    # Known beforehand: nothing is run.
    fails 1 patchbay add blue /run/netns/red --cache-dir /run/cache/results
    [[ $(</run/log) == $'one ADD\none DEL' ]]
SCRIPT
}

@test "add wants a network namespace that is not our own, before anything is run" {
  on_node <<'SCRIPT'
    fakes blue 1.0.0 one
    touch /run/plain
    for path in /run/plain /run/absent /proc/self/ns/mnt /proc/self/ns/net; do
      fails 1 patchbay add blue $path
      [[ $complaint == *'(code 8)'* ]]
    done
    [[ ! -e /run/log ]]
    CNI_NETNS_OVERRIDE=True patchbay add blue /proc/self/ns/net >/dev/null
SCRIPT
}

@test "an interrupted add stops between plugins and is undone" {
  on_node <<'SCRIPT'
    container red
    mkfifo /run/started /run/go_on
    fake one '[[ $CNI_COMMAND == DEL ]] || { echo >/run/started; read </run/go_on; }'
    fakes blue 1.0.0 one two
    patchbay add blue /run/netns/red 2>/run/complaint &
    read </run/started
    kill -TERM $!
    echo >/run/go_on
    status=0; wait $! || status=$?
    [[ $status == 1 ]]
    [[ $(</run/log) == $'one ADD\ntwo DEL\none DEL' ]]
    grep -q 'SIGTERM (code 11)' /run/complaint
SCRIPT
}

@test "two of us do not work on one container at once" {
  on_node <<'SCRIPT'
    container red
    mkfifo /run/started /run/go_on
    fake one '[[ $CNI_COMMAND$CNI_IFNAME != ADDeth0 ]] || { echo >/run/started; read </run/go_on; echo "one done" >>/run/log; }'
    fakes blue 1.0.0 one
    patchbay add blue /run/netns/red >/dev/null &
    first=$!
    read </run/started
    patchbay add blue /run/netns/red -i net1 >/dev/null &
    second=$!
    until grep -q "FLOCK .* $second " /proc/locks; do kill -0 $second; done
    echo >/run/go_on
    wait $first; wait $second
    [[ $(</run/log) == $'one ADD\none done\none ADD' ]]
SCRIPT
}

# --- what people type -------------------------------------------------------------------------------

@test "a command line that makes no sense exits with 2 and shows how it goes" {
  on_node <<'SCRIPT'
    for line in "" "attach blue /n" "add" "add blue" "add blue /n x" "add blue /n --nonsense" "add blue /n -i" \
                "gc" "add blue /n --timeout 0" "add blue /n --timeout x" "help nonsense"; do
      fails 2 patchbay $line
      [[ $complaint == *usage:* ]]
    done
SCRIPT
}

@test "help and version go to stdout" {
  on_node <<'SCRIPT'
    patchbay --help | grep -q NETCONFPATH
    patchbay help | grep -q NETCONFPATH
    for verb in add del check gc status; do
      patchbay help $verb | grep -q "^patchbay $verb <network>"
      diff <(patchbay help $verb) <(patchbay $verb --help)
    done
    patchbay --version | grep -Eqx 'patchbay [0-9]+\.[0-9]+\.[0-9]+, CNI 0.1.0 .* 1.1.0'
    fails 1 sh -c 'patchbay --help >/dev/full'
SCRIPT
}

@test "errors are an object on stdout with --json" {
  on_node <<'SCRIPT'
    container red
    fails 1 patchbay add blue /run/netns/red --json
    [[ -z $complaint ]]
    [[ $(jq -c '[.cniVersion, .code]' /run/stdout) == '["1.1.0",7]' ]]
    [[ $(jq -r .msg /run/stdout) == 'no net configurations found in /run/net.d' ]]
SCRIPT
}

@test "names that would lead elsewhere are refused" {
  on_node <<'SCRIPT'
    container red
    fakes blue 1.0.0 one
    fails 1 patchbay add ../blue /run/netns/red
    fails 1 patchbay add blue /run/netns/red --container-id ../../x
    fails 1 patchbay add blue /run/netns/red -i a/b
    fails 1 patchbay add blue /run/netns/red -i sixteen-letters.
    CNI_IFNAME= fails 1 patchbay add blue /run/netns/red
    CNI_ARGS='A=b;' fails 1 patchbay add blue /run/netns/red
    CAP_ARGS='[]' fails 1 patchbay add blue /run/netns/red
    [[ ! -e /run/log ]]
SCRIPT
}

@test "a malformed configuration is told and does not hide the next" {
  on_node <<'SCRIPT'
    container red
    fakes blue 1.0.0 one
    echo '{"name": "blue", "plug' >/run/net.d/10-torn.conflist
    patchbay add blue /run/netns/red 2>/run/complaint >/dev/null
    grep -q 'skipping /run/net.d/10-torn.conflist' /run/complaint
SCRIPT
}

@test "del works without the configuration that add was given" {
  on_node <<'SCRIPT'
    container red
    fakes blue 1.0.0 one two
    patchbay add blue /run/netns/red >/dev/null
    rm /run/net.d/50-blue.conflist
    fails 1 patchbay check blue /run/netns/red
    patchbay del blue /run/netns/red
    [[ $(tail -2 /run/log) == $'two DEL\none DEL' ]]
    fails 1 patchbay del blue /run/netns/red
SCRIPT
}

# --- our own plugins ----------------------------------------------------------------------------------

@test "add, check and del in every version" {
  need ping
  need_built bridge portmap host-local
  on_node <<'SCRIPT'
    for version in 0.1.0 0.2.0 0.3.0 0.3.1 0.4.0 1.0.0 1.1.0; do
      network blue $version
      warm_up blue
      before=$(traces)
      container red
      patchbay add blue /run/netns/red >/run/result
      [[ $(jq -r .cniVersion /run/result) == $version ]]
      ping -c1 -W2 "$(ip -n red -j -4 addr show eth0 | jq -r '.[0].addr_info[0].local')" >/dev/null
      case $version in
        0.[123].*) fails 1 patchbay check blue /run/netns/red ;;
        *) patchbay check blue /run/netns/red ;;
      esac
      patchbay del blue /run/netns/red
      patchbay del blue /run/netns/red
      ip netns del red
      left_as "$before"
    done
SCRIPT
}

@test "check tells what is not as it was made" {
  need_built bridge portmap host-local
  on_node <<'SCRIPT'
    network blue 1.1.0
    container red
    patchbay add blue /run/netns/red >/dev/null
    ip -n red link set eth0 down
    ip -n red addr flush dev eth0
    fails 1 patchbay check blue /run/netns/red
    [[ $complaint == *'plugin "bridge" (CHECK)'* ]]
SCRIPT
}

@test "gc takes what the dead have left, and nothing else" {
  need ping
  need_built bridge portmap host-local
  on_node <<'SCRIPT'
    network blue 1.1.0
    container red; container green
    warm_up blue
    patchbay add blue /run/netns/green >/run/green
    alone=$(traces)
    patchbay add blue /run/netns/red >/dev/null
    ip netns del red
    patchbay gc blue
    left_as "$alone"
    patchbay check blue /run/netns/green
    ping -c1 -W2 "$(address_of /run/green 4)" >/dev/null

    patchbay gc blue --all
    [[ -z $(ls /var/lib/cni/results) ]]
    fails 1 ip -n green link show eth0
SCRIPT
}

@test "status is silent when all is well" {
  need_built bridge portmap host-local
  on_node <<'SCRIPT'
    network blue 1.1.0
    [[ -z $(patchbay status blue 2>&1) ]]
    CNI_PATH=/run/fake fails 1 patchbay status blue
    [[ $complaint == *'failed to find plugin "bridge"'* ]]
SCRIPT
}

@test "the reference's plugins work, too" {
  need_reference
  need ping
  on_node <<'SCRIPT'
    network blue 1.0.0
    export CNI_PATH=/usr/lib/cni
    container red
    patchbay add blue /run/netns/red >/run/result
    ping -c1 -W2 "$(address_of /run/result 4)" >/dev/null
    patchbay check blue /run/netns/red
    patchbay del blue /run/netns/red
    [[ -z $(ls /var/lib/cni/results) ]]
SCRIPT
}

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A node of one's own for tests with real clients: loaded by every .bats file here.
#
#   @test "…" {
#     need_cnitool
#     on_node <<'SCRIPT'
#       network blue 1.1.0; container red; cnitool add blue /run/netns/red
#   SCRIPT
#   }
#
# The script runs in network and mount namespaces made for it (and a user namespace, without root):
# empty tmpfs on /run and /var/lib, lo up, nothing of the machine's own network in sight. It stops at
# the first command that fails, and says which. PATCHBAY_BIN: the directory of what is tested.
#
# "on_node podman lan" knows the words of support/podman.bash and support/lan.bash as well, and has a
# PID namespace of its own: what a runtime leaves running ends with the test.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export repository
export PATCHBAY_BIN=${PATCHBAY_BIN:-$repository/build/dev/bin}
export PEERS_BIN=${PEERS_BIN:-$repository/build/peers/bin}

# Skips the test unless all of these programs can be run.
need() {
  local program
  for program; do
    command -v "$program" >/dev/null || skip "$program is not installed"
  done
}

# Skips the test unless this has been built: `need_built patchbay bridge`.
need_built() {
  local program
  for program; do
    [[ -x $PATCHBAY_BIN/$program ]] || skip "$program is not in $PATCHBAY_BIN"
  done
}

need_root() {
  [[ $EUID == 0 ]] || skip "this runtime needs root"
}

# Skips the test where the distribution's Python, which its modules belong to, lacks one of these.
need_python() {
  local module
  for module; do
    /usr/bin/python3 -c "import $module" 2>/dev/null || skip "the distribution's Python has no module $module"
  done
}

# Skips the test unless scripts/peers has built all of these.
need_peer() {
  local program
  for program; do
    [[ -x $PEERS_BIN/$program ]] || skip "no $program in $PEERS_BIN: scripts/peers --all builds it, with Go"
  done
}

need_cnitool() { need_peer cnitool; }

# Skips the test unless the reference plugins are installed.
need_reference() {
  [[ -x /usr/lib/cni/bridge ]] || skip "the reference plugins are not installed"
}

# The same for firewall, ours or the reference's: podman chains it.
need_firewall() {
  [[ -x $PATCHBAY_BIN/firewall ]] || need_reference
}

on_node() {
  local namespaces=(--net --mount)
  [[ $EUID == 0 ]] || namespaces+=(--user --map-root-user)
  unshare "${namespaces[@]}" true || skip "no namespaces of one's own on this machine"
  (($# == 0)) || namespaces+=(--pid --fork --kill-child --mount-proc)
  # shellcheck disable=SC2016 # for the inner shell
  unshare "${namespaces[@]}" bash -c 'source "$0" && start_node "$@" && source /dev/stdin' "${BASH_SOURCE[0]}" "$@"
}

# --- inside -----------------------------------------------------------------------------------------

start_node() {
  set -eEuo pipefail
  trap 'echo "failed: line $LINENO: $BASH_COMMAND" >&2' ERR
  trap end_node EXIT
  mount -t tmpfs none /run
  mount -t tmpfs none /var/lib
  mkdir -p /run/netns /run/net.d /run/fake /run/clients
  # Not whole directories: a plugin is called bridge, and so is a program of iproute2.
  ln -s "$PATCHBAY_BIN/patchbay" "$PEERS_BIN/cnitool" /run/clients
  export PATH=/run/clients:$PATH
  ip link set lo up
  export NETCONFPATH=/run/net.d CNI_PATH=$PATCHBAY_BIN
  unset CNI_ARGS CAP_ARGS CNI_IFNAME CNI_NETNS_OVERRIDE
  local words real_node=()
  (($# == 0)) || real_node=(real_node)
  for words in "${real_node[@]}" "$@"; do
    # shellcheck disable=SC1090 # one of support/*.bash
    source "$repository/test/clients/support/$words.bash"
  done
}

# Nothing of a test outlives it.
end_node() {
  local job
  for job in $(jobs -p); do kill "$job" 2>/dev/null || true; done
  wait
}

# container NAME: a network namespace at /run/netns/NAME, lo up.
container() {
  ip netns add "$1"
  ip -n "$1" link set lo up
}

# network NAME VERSION [SUBNET]: bridge and portmap, both families, in one conflist.
network() {
  local subnet=${3:-10.99.0.0/24}
  cat >"/run/net.d/50-$1.conflist" <<JSON
{"cniVersion": "$2", "name": "$1", "plugins": [
  {"type": "bridge", "bridge": "br-$1", "isGateway": true, "ipMasq": true,
   "ipam": {"type": "host-local",
            "ranges": [[{"subnet": "$subnet"}], [{"subnet": "fd00:99::/64"}]],
            "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
JSON
}

# fake NAME [SCRIPT]: a plugin that logs "NAME VERB" to /run/log, keeps its stdin in /run/NAME.VERB,
# runs SCRIPT, and answers ADD with a result that has its previous one's interfaces and one more.
fake() {
  cat >"/run/fake/$1" <<SCRIPT
#!/bin/bash
name=$1
echo "\$name \$CNI_COMMAND" >>/run/log
cat >"/run/\$name.\$CNI_COMMAND"
${2:-}
[[ \$CNI_COMMAND == ADD ]] || exit 0
jq --arg name "\$name" '{cniVersion, interfaces: ((.prevResult.interfaces // []) + [{name: \$name}])}' "/run/\$name.ADD"
SCRIPT
  chmod +x "/run/fake/$1"
}

# fakes NAME VERSION PLUGIN…: a network of such plugins, and CNI_PATH to them.
fakes() {
  local name=$1 version=$2 plugin list=""
  shift 2
  for plugin; do
    [[ -e /run/fake/$plugin ]] || fake "$plugin"
    list+=${list:+, }"{\"type\": \"$plugin\"}"
  done
  echo "{\"cniVersion\": \"$version\", \"name\": \"$name\", \"plugins\": [$list]}" >"/run/net.d/50-$name.conflist"
  export CNI_PATH=/run/fake
}

# Runs a command that must fail with this status; its stderr goes to $complaint.
fails() {
  local expected=$1 status=0
  shift
  complaint=$("$@" 2>&1 >/run/stdout) || status=$?
  [[ $status == "$expected" ]] || { echo "status $status, not $expected: $* says: $complaint" >&2; return 1; }
}

# warm_up NETWORK: what its first container leaves for good - the bridge, firewall tables, lock files.
warm_up() {
  container first
  patchbay add "$1" /run/netns/first >/dev/null
  patchbay del "$1" /run/netns/first
  ip netns del first
}

# What a node has of containers: links, leases, records, cached results, rules and elements.
traces() {
  ip -o link | awk -F': ' '/veth/ {print $2}'
  find /var/lib /run -type f \( -path '/var/lib/cni/*' -o -path '/run/patchbay/*' \) \
    ! -name lock ! -name 'last_reserved_ip.*' | sort
  nft list ruleset 2>/dev/null | grep -v '^#' || true
}

# left_as BEFORE: traces are what they were.
left_as() {
  [[ $1 == "$(traces)" ]] && return
  diff <(echo "$1") <(traces) | head -40
  return 1
}

# address_of RESULT 4|6: the first address of the family.
address_of() { jq -r --arg family "$2" '.ips[].address | select(contains(":") == ($family == "6")) | sub("/.*"; "")' "$1"; }

# serve NAME PORT: in that container, "NAME here" to everyone who connects; returns once it listens.
serve() {
  ip netns exec "$1" socat "TCP-LISTEN:$2,fork,reuseaddr" SYSTEM:"echo $1 here" &
  # shellcheck disable=SC2016 # for the inner shell
  timeout 5 bash -c 'until [[ -n $(ip netns exec "$0" ss -Hltn "sport = :$1") ]]; do :; done' "$1" "$2"
}

# one_life VERSION ADDER DELETER: a container's life with bridge and portmap in both families, through
# two clients: reachable, checked by both, deleted (twice), nothing left.
one_life() {
  local version=$1 adder=$2 deleter=$3 client before
  network blue "$version"
  export CAP_ARGS='{"portMappings": [{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}]}'
  warm_up blue
  before=$(traces)
  container red
  "$adder" add blue /run/netns/red >/run/result
  [[ $(jq -r .cniVersion /run/result) == "$version" ]]
  ping -c1 -W2 "$(address_of /run/result 4)" >/dev/null
  ping -c1 -W2 "$(address_of /run/result 6)" >/dev/null
  serve red 80
  [[ $(timeout 3 socat -u TCP:10.99.0.1:8080 -) == "red here" ]]
  if [[ $version != 0.3.* ]]; then
    for client in "$adder" "$deleter"; do "$client" check blue /run/netns/red; done
  fi
  "$deleter" del blue /run/netns/red
  "$deleter" del blue /run/netns/red
  ip netns del red
  left_as "$before"
}

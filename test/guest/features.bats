#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What plugins say where the kernel lacks something; in a guest, because modules are taken away:
#   scripts/test-in-guest own --run 'bats test/guest/features.bats'
# Every message stands in docs/requirements.md, word for word.

# shellcheck disable=SC2030,SC2031  # every @test is a subshell, and sets its own
bin=${PATCHBAY_BIN:-$BATS_TEST_DIRNAME/../../build/release/bin}
page=$BATS_TEST_DIRNAME/../../docs/requirements.md
addresses='"ipam": { "type": "host-local", "subnet": "10.10.0.0/24" }'

setup() {
  [[ $(hostname) == guest && $$ -lt 100000 && -e /etc/modprobe.d/guest.conf ]] || skip "not in a guest"
  ip netns add c1
  ln -s "$(type -P iptables-legacy)" "$BATS_TEST_TMPDIR/iptables"  # what "iptables" is to mean here
  PATH=$BATS_TEST_TMPDIR:$PATH
}

teardown() {
  ip netns del c1 2>/dev/null || true
  rm -f /etc/modprobe.d/without.conf
  nft flush ruleset 2>/dev/null || true
}

# Modules that the kernel has had, and has no longer; but for those that it was built with.
without() {
  local module
  for module in "$@"; do
    modinfo "$module" >/dev/null 2>&1 || skip "this kernel has no module $module to be without"
    echo "install $module /bin/false" >>/etc/modprobe.d/without.conf
  done
  local -a users=()
  [[ $1 != nf_tables ]] || mapfile -t users < <(lsmod | awk '/^nft_/ { print $1 }')
  modprobe --remove br_netfilter "${users[@]}" "$@"
  ! modprobe --quiet "$1"
}

call() { # PLUGIN COMMAND CONFIGURATION: keys of an object
  run env CNI_COMMAND="$2" CNI_CONTAINERID=c1 CNI_NETNS=/run/netns/c1 CNI_IFNAME=eth0 CNI_PATH="$bin" \
    "$bin/$1" <<<"{ \"cniVersion\": \"1.1.0\", \"name\": \"net\", \"type\": \"$1\", $3 }"
}

refused() { # CODE MESSAGE [PART OF THE DETAILS]
  [ "$status" -eq 1 ]
  [ "$(jq .code <<<"$output")" -eq "$1" ]
  [ "$(jq --raw-output .msg <<<"$output")" = "$2" ]
  [[ "$(jq --raw-output .details <<<"$output")" == *"${3-}"* ]]
  grep --quiet --fixed-strings "$2" "$page"
}

succeeded() {
  echo "$output"
  [ "$status" -eq 0 ]
}

not_supported='Operation not supported (EOPNOTSUPP)'
needs_nat='this takes nf_tables with NAT in the inet family'

@test "no veth" {
  without veth
  call bridge ADD "$addresses"
  refused 111 "connect eth0 of container c1: create veth vethdd6ccc806f7 - eth0: $not_supported" CONFIG_VETH
  call bridge DEL "$addresses"
  succeeded
  [ ! -e /sys/class/net/cni0 ]
  [ -z "$(find /var/lib/cni/networks -name '10.*')" ]
}

@test "no bridge" {
  without bridge
  call bridge ADD "$addresses"
  refused 111 "prepare bridge cni0: create bridge cni0: $not_supported" CONFIG_BRIDGE
  call bridge DEL "$addresses"
  succeeded
}

@test "no nf_tables, asked for by name" {
  without nf_tables
  call bridge STATUS '"ipMasq": true, "ipMasqBackend": "nftables", '"$addresses"
  refused 50 "the nftables backend cannot work: this kernel has no nf_tables: $not_supported" "$needs_nat"
  call bridge ADD '"ipMasq": true, "ipMasqBackend": "nftables", '"$addresses"
  refused 101 "this kernel has no nf_tables: $not_supported" "$needs_nat"
  call bridge DEL '"ipMasq": true, "ipMasqBackend": "nftables", '"$addresses"
  succeeded
}

@test "no expression or chain type that nftables rules need" {
  nft --check add table inet probe || skip "this kernel has no family inet"
  local masquerade='"ipMasq": true, "ipMasqBackend": "nftables", '$addresses
  local missing='No such file or directory (ENOENT)' cannot='the nftables backend cannot work: '
  without nft_chain_nat
  call bridge STATUS "$masquerade"
  refused 50 "${cannot}create chain inet patchbay postrouting: $missing" "$needs_nat"
  rm /etc/modprobe.d/without.conf
  without nft_masq
  call bridge STATUS "$masquerade"
  refused 50 "${cannot}add rule \"addresses without a subnet, IPv4\" to chain inet patchbay masquerading: $missing" "$needs_nat"
  call bridge ADD "$masquerade"
  refused 101 "add rule \"addresses without a subnet, IPv4\" to chain inet patchbay masquerading: $missing" "$needs_nat"
  rm /etc/modprobe.d/without.conf
  without nft_fib_inet
  call bridge STATUS "$masquerade"
  succeeded
  call portmap STATUS '"backend": "nftables"'
  refused 50 "${cannot}add rule \"to this host\" to chain inet patchbay prerouting: $missing" "$needs_nat"
}

@test "no nf_tables, but legacy iptables: nobody needs to say so" {
  without nf_tables
  modprobe ip_tables
  call bridge STATUS '"ipMasq": true, '"$addresses"
  succeeded
  call bridge ADD '"ipMasq": true, '"$addresses"
  succeeded
  [[ "$(iptables-legacy -t nat -S)" == *MASQUERADE* ]]
  call bridge DEL '"ipMasq": true, '"$addresses"
  succeeded
  [[ "$(iptables-legacy -t nat -S)" != *MASQUERADE* ]]
}

@test "neither nf_tables nor iptables" {
  modprobe --remove ip6table_nat iptable_nat ip6table_raw iptable_raw ip6table_filter iptable_filter || true
  without nf_tables ip6_tables ip_tables
  call bridge STATUS '"ipMasq": true, '"$addresses"
  refused 50 "the nftables backend cannot work: this kernel has no nf_tables: $not_supported" "$needs_nat"
  call bridge ADD '"ipMasq": true, '"$addresses"
  refused 101 "this kernel has no nf_tables: $not_supported" "$needs_nat"
  call bridge STATUS '"ipMasq": true, "ipMasqBackend": "iptables", '"$addresses"
  refused 50 "the iptables backend cannot work: this kernel has no ip_tables, or nobody has loaded it (modprobe iptable_nat ip6table_nat)"
  call bridge ADD '"ipMasq": true, "ipMasqBackend": "iptables", '"$addresses"
  refused 101 "edit table nat of iptables: iptables, table nat: cannot read it: Protocol not available (ENOPROTOOPT)" "use the nftables backend"
  call bridge DEL '"ipMasq": true, '"$addresses"
  succeeded
}

# A result of bridge as portmap and bandwidth get it, in $previous.
attach() {
  call bridge ADD '"isGateway": true, '"$addresses"
  succeeded
  previous='"prevResult": '$output
}

publish() { # COMMAND [KEYS]
  call portmap "$1" "${2-} $previous, "'"runtimeConfig": { "portMappings": [
    { "hostPort": 8080, "containerPort": 80, "protocol": "udp" } ] }'
}

limit() { # COMMAND
  call bandwidth "$1" '"ingressRate": 1000000, "ingressBurst": 1000000,
    "egressRate": 1000000, "egressBurst": 1000000, '"$previous"
}

@test "no legacy table nat" {
  without iptable_nat
  modprobe ip_tables
  call bridge ADD '"ipMasq": true, "ipMasqBackend": "iptables", '"$addresses"
  refused 101 "edit table nat of iptables: iptables, table nat: cannot read it: No such file or directory (ENOENT)" "do you need to insmod"
}

@test "no match or target that an iptables rule needs" {
  for module in xt_comment xt_MASQUERADE; do
    without "$module"
    modprobe ip_tables
    call bridge ADD '"ipMasq": true, "ipMasqBackend": "iptables", '"$addresses"
    refused 101 "edit table nat of iptables: iptables, table nat: the kernel refuses the change: No such file or directory (ENOENT)" "$module"
    call bridge DEL '"ipMasq": true, "ipMasqBackend": "iptables", '"$addresses"
    succeeded
  done
}

@test "no list of connections: ports work, stale connections are left to expire" {
  without nf_conntrack_netlink
  modprobe ip_tables
  attach
  publish ADD '"backend": "iptables",'
  succeeded
  publish DEL '"backend": "iptables",'
  succeeded
}

@test "no token bucket" {
  without sch_tbf
  attach
  limit ADD
  refused 100 "limit what vethdd6ccc806f7 sends: No such file or directory (ENOENT)" "Specified qdisc kind is unknown"
  [[ "$(tc qdisc show dev vethdd6ccc806f7)" != *ingress* ]]
}

@test "no interface to limit what a container sends" {
  without ifb
  attach
  limit ADD
  refused 111 "create bwp623e1c388032: $not_supported" CONFIG_IFB
  rm /etc/modprobe.d/without.conf
  without sch_ingress
  limit ADD
  refused 100 "hook into what vethdd6ccc806f7 receives: No such file or directory (ENOENT)" "Specified qdisc kind is unknown"
  [ ! -e /sys/class/net/bwp623e1c388032 ]
}

@test "no filter or action to redirect what a container sends" {
  for module in cls_u32 act_mirred; do
    without "$module"
    attach
    limit ADD
    refused 100 "redirect what vethdd6ccc806f7 receives: No such file or directory (ENOENT)" "kernel says"
    call bridge DEL "$addresses"
    succeeded
  done
}

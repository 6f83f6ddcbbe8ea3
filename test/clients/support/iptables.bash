# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # shared with real_node.bash and the tests
# What a host calls iptables, and how clients read the rules there.

# host_iptables legacy|nft: this variant is what it means by iptables.
host_iptables() {
  local family
  for family in iptables ip6tables; do ln -s "$(command -v "$family-$1")" "/run/clients/$family"; done
  iptables -t nat -L -n >/dev/null # from now on these tables are in use here
}

# used_ports: what nerdctl takes for used. From every jump of the dispatching chain to a chain of a container
# it takes the ports of the rules there, each with the address that the rule names.
used_ports() {
  local chain
  for chain in $(iptables -t nat -S CNI-HOSTPORT-DNAT | grep -o -- '-j CNI-DN-[^ ]*' | cut -c4-); do
    iptables -t nat -S "$chain" | sed -nE '
      s/.*-d ([^ /]+)(\/[0-9]+)? .*--dports? ([0-9,]+).*/\1:\3/p; t
      s/.*--dports? ([0-9,]+).*/any:\1/p'
  done | sort -u
}

# nomad_network: as Nomad writes it, but for its firewall.
nomad_network() {
  cat >/run/net.d/nomad.conflist <<'JSON'
{"cniVersion": "0.4.0", "name": "nomad", "plugins": [
  {"type": "loopback"},
  {"type": "bridge", "bridge": "nomad", "ipMasq": true, "isGateway": true, "forceAddress": true, "hairpinMode": false,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "172.26.64.0/20"}]], "routes": [{"dst": "0.0.0.0/0"}],
            "dataDir": "/var/run/cni"}},
  {"type": "portmap", "capabilities": {"portMappings": true}, "snat": true}]}
JSON
}

# nomad_purges ALLOCATION: what Nomad does when DEL has failed. It looks for the rule whose comment names
# the allocation, and removes that and the chain that it leads to. Sets $purged to the rule's source.
nomad_purges() {
  local comment="name: \"nomad\" id: \"$1\"" rule
  local format='^-A POSTROUTING -s ([^ ]+) -m comment --comment "name: \\"nomad\\" id: \\"([[:xdigit:]-]+)\\"" -j (CNI-[[:xdigit:]]+)$'
  rule=$(iptables -t nat -S POSTROUTING | grep -F "\"${comment//\"/\\\"}\"")
  [[ $rule =~ $format ]]
  purged=${BASH_REMATCH[1]}
  local chain=${BASH_REMATCH[3]}
  iptables -t nat -D POSTROUTING -s "$purged" -m comment --comment "$comment" -j "$chain"
  iptables -t nat -F "$chain"
  iptables -t nat -X "$chain"
}

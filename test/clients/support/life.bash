# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # of node.bash
# What is asked of every network that runtimes write: source it on a node (node.bash).
#
# Beyond the node is a LAN host, 192.0.2.2 and 2001:db8::2; the node is 192.0.2.1 and 2001:db8::1 there.

# settle FILE: the network of conf-examples/runtimes/FILE.conflist on this node.
settle() {
  local file=/run/net.d/$1.conflist
  cp "$repository/conf-examples/runtimes/$1.conflist" /run/net.d/
  network=$(jq -r .name "$file")
  version=$(jq -r .cniVersion "$file")
  has_ports=$(jq -r '[.plugins[] | select(.capabilities.portMappings)] | length' "$file")
  # Plugins of others, and the reference's firewall where there is none of ours.
  mkdir -p /run/others
  ln -sf "$repository"/test/clients/support/standins/* /run/others/
  if [[ ! -x $PATCHBAY_BIN/firewall ]]; then ln -sf /usr/lib/cni/firewall /run/others/; fi
  export CNI_PATH=$PATCHBAY_BIN:/run/others
  [[ -e /run/netns/lan ]] || lan_host
}

lan_host() {
  container lan
  ip link add lan0 type veth peer name eth0 netns lan
  ip addr add 192.0.2.1/24 dev lan0
  ip addr add 2001:db8::1/64 dev lan0 nodad
  ip link set lan0 up
  ip route add default via 192.0.2.2
  ip -n lan addr add 192.0.2.2/24 dev eth0
  ip -n lan addr add 2001:db8::2/64 dev eth0 nodad
  ip -n lan link set eth0 up
  ip -n lan route add default via 192.0.2.1
  ip -n lan route add default via 2001:db8::1
  # Tells everybody who they seem to be.
  # shellcheck disable=SC2016 # for socat's shell
  for listen in TCP4-LISTEN:7 TCP6-LISTEN:7,ipv6only=1; do
    ip netns exec lan socat "$listen,fork,reuseaddr" SYSTEM:'echo $SOCAT_PEERADDR' &
  done
  # shellcheck disable=SC2016 # for the inner shell
  timeout 5 bash -c 'until [[ $(ip netns exec lan ss -Hltn "sport = :7" | wc -l) == 2 ]]; do :; done'
}

# attach NAME [PORT [CAPABILITY]]: a container on $network, with a port of the node that leads to its ports 80
# (tcp) and 53 (udp), and a limit to what it sends, where the network is able to. CAPABILITY is more JSON.
attach() {
  local ports='[]'
  if [[ -n ${2:-} ]]; then
    ports='[{"hostPort": '$2', "containerPort": 80, "protocol": "tcp"}, {"hostPort": '$2', "containerPort": 53, "protocol": "udp"}]'
  fi
  container "$1"
  CAP_ARGS='{"portMappings": '$ports', "bandwidth": {"egressRate": 100000000, "egressBurst": 8000000}'${3:-}'}' \
    patchbay add "$network" "/run/netns/$1" >"/run/$1"
  [[ $version == 0.3.* ]] || patchbay check "$network" "/run/netns/$1"
}

detach() {
  patchbay del "$network" "/run/netns/$1"
  patchbay del "$network" "/run/netns/$1"
  ip netns del "$1"
}

reaches() { ip netns exec "$1" ping -c1 -W"${3:-2}" "$2" >/dev/null; }

# hears FROM ADDRESS PORT: what a server tells those who ask; FROM "" is the node.
hears() {
  local where=() address=$2
  [[ -z $1 ]] || where=(ip netns exec "$1")
  [[ $address != *:* ]] || address="[$address]"
  "${where[@]}" timeout 3 socat -u "TCP:$address:$3" - 2>/dev/null || true
}

# What a node has of containers, without what packets count.
remains() {
  traces | sed -E 's/counter packets [0-9]+ bytes [0-9]+/counter/'
  { iptables-legacy-save; ip6tables-legacy-save; } 2>/dev/null | grep -v '^#' | sed -E 's/\[[0-9:]+\]//' || true
}

# serve_both NAME PORT: as `serve`, in both families.
serve_both() {
  ip netns exec "$1" socat "TCP6-LISTEN:$2,ipv6only=0,fork,reuseaddr" SYSTEM:"echo $1 here" &
  # shellcheck disable=SC2016 # for the inner shell
  timeout 5 bash -c 'until [[ -n $(ip netns exec "$0" ss -Hltn "sport = :$1") ]]; do :; done' "$1" "$2"
}

# Everything that a usual network has to do for its containers red and blue: each reaches the other, the LAN
# host, which sees them as it should, and a port of the node; so do the LAN host and the node itself.
# serves masqueraded|routed
serves() {
  local family red node
  serve_both red 80
  for family in $(jq -r '[.ips[].address | if contains(":") then 6 else 4 end] | unique | .[]' /run/red); do
    red=$(address_of /run/red "$family")
    reaches blue "$red"
    reaches red "$(address_of /run/blue "$family")"
    [[ $(hears blue "$red" 80) == "red here" ]]
    if [[ $family == 4 ]]; then
      node=192.0.2.1
      [[ $(hears red 192.0.2.2 7) == $([[ $1 == masqueraded ]] && echo $node || echo "$red") ]]
    else
      node=2001:db8::1
      [[ $(hears red 2001:db8::2 7) == '[2001:0db8:0000:0000:0000:0000:0000:0001]' ]]
    fi
    if ((has_ports)); then
      [[ $(hears lan $node 8080) == "red here" ]]
      [[ $(hears blue $node 8080) == "red here" ]]
      [[ $(hears red $node 8080) == "red here" ]]
    fi
  done
  if ((has_ports)); then [[ $(hears "" 127.0.0.1 8080) == "red here" ]]; fi
}

# one_day masqueraded|routed: two containers come, are served, and go; nothing is left of them.
one_day() {
  local before
  attach first 8080
  detach first
  before=$(remains)
  attach red 8080
  attach blue
  serves "$1"
  detach red
  detach blue
  diff <(echo "$before") <(remains)
}

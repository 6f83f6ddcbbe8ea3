# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # shared with real_node.bash and the tests
# Others on the node's network: the namespace "lan", 192.0.2.2 and 2001:db8::2, behind the node's link
# lan0 with .1 and ::1.

ip link add lan0 type veth peer name eth0 netns "$(ip netns add lan && echo lan)"
ip addr add 192.0.2.1/24 dev lan0
ip addr add 2001:db8::1/64 dev lan0 nodad
ip link set lan0 up
ip -n lan link set lo up
ip -n lan addr add 192.0.2.2/24 dev eth0
ip -n lan addr add 2001:db8::2/64 dev eth0 nodad
ip -n lan link set eth0 up

on_lan() { ip netns exec lan "$@"; }

# To everyone who connects to its port 7, a host on the LAN tells the address that it sees.
on_lan /usr/bin/python3 "$support/witness.py" &
eventually 20 on_lan socat -u TCP:127.0.0.1:7 - >/dev/null

# name_from_lan HOST[:PORT]: which container answers a host on the LAN.
name_from_lan() { on_lan curl --silent --show-error --max-time 3 "http://$1/cgi-bin/name"; }

# sees_lan NAME: a container made by "container" reaches the LAN, as the node.
sees_lan() { [[ $(ip netns exec "$1" socat -u TCP:192.0.2.2:7,connect-timeout=3 -) == 192.0.2.1 ]]; }

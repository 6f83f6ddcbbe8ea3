# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # shared with real_node.bash and the tests
# firewalld, on a system bus of its own.

start_dbus() {
  mkdir -p /run/dbus
  dbus-daemon --system --nofork --nopidfile &
  eventually 20 test -S /run/dbus/system_bus_socket
}

# start_firewalld [nftables|iptables]: sets $firewalld to its process.
start_firewalld() {
  mkdir -p /run/firewalld
  [[ -S /run/dbus/system_bus_socket ]] || start_dbus
  sed -i "s/^FirewallBackend=.*/FirewallBackend=${1:-nftables}/" /etc/firewalld/firewalld.conf
  /usr/bin/python3 /usr/sbin/firewalld --nofork --nopid >>/run/firewalld.log 2>&1 &
  firewalld=$!
  eventually 20 firewall-cmd --state --quiet || { tail -5 /run/firewalld.log >&2; return 1; }
}

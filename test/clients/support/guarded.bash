# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034 # shared with the tests
# Networks with the plugin firewall, and what firewalld has of them. Comes after "firewalld".

# guarded NAME [FIREWALL]: bridge and firewall, both families, with what FIREWALL says.
guarded() {
  cat >"/run/net.d/60-$1.conflist" <<JSON
{"cniVersion": "${version:-1.1.0}", "name": "$1", "plugins": [
  {"type": "bridge", "bridge": "br-$1", "isGateway": true, "ipMasq": true,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.98.0.0/24"}], [{"subnet": "fd98::/64"}]],
    "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}]}},
  {"type": "firewall"${2:+, $2}}]}
JSON
}
sources() { firewall-cmd --zone "${1:-trusted}" --list-sources | tr " " "\n" | sort | paste -sd" "; }
# refused COMMAND…: it fails, and /run/refused has what it printed.
refused() { if "$@" >/run/refused; then echo "not refused: $*" >&2; return 1; fi; }
accepts() { nft list set inet patchbay forwarded4 2>/run/accepts; }
none=""
red="10.98.0.2/32 fd98::2/128"
both="10.98.0.2/32 10.98.0.3/32 fd98::2/128 fd98::3/128"

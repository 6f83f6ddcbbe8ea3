# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # shared with real_node.bash and the tests
# A node with one container, for tests of the ledger itself.

# attached BACKEND: red on blue, with a host port and limits, as the only one; whatever there was before.
attached() {
  if [[ -e /run/netns/red ]]; then
    patchbay del blue /run/netns/red
    ip netns del red
  fi
  network blue 1.1.0
  sed -i "s/\"ipMasq\": true/&, \"ipMasqBackend\": \"$1\"/; s/\"portmap\"/&, \"backend\": \"$1\"/
    s/}}\]}/}}, {\"type\": \"bandwidth\", \"capabilities\": {\"bandwidth\": true}}]}/" /run/net.d/50-blue.conflist
  export CAP_ARGS='{"portMappings": [{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}],
    "bandwidth": {"ingressRate": 20000000, "ingressBurst": 20000000, "egressRate": 10000000, "egressBurst": 10000000}}'
  container red
  patchbay add blue /run/netns/red >/dev/null
}

lease() { ls /var/lib/cni/networks/blue/10.*; }
host_end() { ip -json link show type veth | jq -r '.[0].ifname'; }

# notices COMPLAINT: of the ledger, among others.
notices() {
  fails 1 ledger check
  [[ $complaint == *"ledger: $1"* ]] || { echo "not noticed: $1; but: $complaint" >&2; return 1; }
}

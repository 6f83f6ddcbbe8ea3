# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # shared with real_node.bash and the tests
# Pods as a kubelet asks a runtime for them. Goes with containerd and lan.

cri() { /usr/bin/python3 "$support/cri.py" "$@"; }
netns_of() { jq -r '.result.interfaces[] | .sandbox // empty' "/var/lib/cni/results/pods-$1-eth0"; }

# pods_network [BACKEND]: both families, and everything that a kubelet asks of plugins.
pods_network() {
  cat >/etc/cni/net.d/10-pods.conflist <<JSON
{"cniVersion": "${pods_version:-1.0.0}", "name": "pods", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isDefaultGateway": true, "ipMasq": true, "hairpinMode": true,
   ${1:+"\"ipMasqBackend\": \"$1\","}
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.88.0.0/24"}], [{"subnet": "fd00:88::/64"}]]}},
  {"type": "portmap", ${1:+"\"backend\": \"$1\","} "capabilities": {"portMappings": true}}$(with_firewall),
  {"type": "bandwidth", "capabilities": {"bandwidth": true}},
  {"type": "tuning", "sysctl": {"net.core.somaxconn": "500"}}]}
JSON
}

# pods_node [BACKEND]: such a network, a runtime that is ready, and what the first pod leaves for good.
pods_node() {
  pods_network "$@"
  start_containerd
  load_image k8s.io
  cri status | grep -x 'NetworkReady yes' >/dev/null # not -q, which would not listen to the end
  cri remove "$(cri run first --port 81:80 --annotation kubernetes.io/egress-bandwidth=1M)"
}

# udp_server POD PORT
udp_server() {
  nsenter --net="$(netns_of "$1")" socat "UDP6-LISTEN:$2,fork,ipv6only=0" SYSTEM:'echo udp' &
}
udp_answers() { [[ $(echo hello | on_lan socat -T1 - "UDP:$1") == udp ]]; }

# reaches_pods POD SHELL: every way from, to and between pods; SHELL is a container in another one, the
# pod is called red and has the host ports of pods_life.
reaches_pods() {
  local at host
  mapfile -t at < <(cri addresses "$1")
  for host in "${at[0]}" "[${at[1]}]"; do
    [[ $(cri exec "$2" wget -qO- "http://$host/cgi-bin/name") == red ]]
    [[ $(name_at "$host") == red ]]
  done
  # out, as the node
  [[ $(cri exec "$2" nc 192.0.2.2 7) == 192.0.2.1 ]]
  [[ $(cri exec "$2" nc 2001:db8::2 7) == 2001:db8::1 ]]
  # in by its host ports: from the LAN, from the node, from the other pod
  for host in 192.0.2.1:8080 '[2001:db8::1]:8080' 192.0.2.1:8081; do
    [[ $(name_from_lan "$host") == red ]]
    [[ $(name_at "$host") == red ]]
    [[ $(cri exec "$2" wget -qO- "http://$host/cgi-bin/name") == red ]]
  done
  [[ $(name_at 127.0.0.1:8080) == red ]]
  udp_server "$1" 53
  eventually 20 udp_answers 192.0.2.1:5353
}

# pods_life [BACKEND]: two pods, from their first ADD to nothing.
pods_life() {
  local before red green itself
  pods_node "$@"
  before=$(ledger snapshot)
  red=$(cri run red --port 8080:80 --port 5353:53/udp --port 8081:80@192.0.2.1 \
    --annotation kubernetes.io/ingress-bandwidth=20M --annotation kubernetes.io/egress-bandwidth=10M)
  green=$(cri run green)
  reaches_pods "$red" "$(cri start "$green" shell /bin/sleep 1000)"
  itself=$(cri start "$red" itself /bin/sleep 1000)
  [[ $(cri exec "$itself" wget -qO- http://192.0.2.1:8080/cgi-bin/name) == red ]]
  [[ $(cri exec "$itself" cat /proc/sys/net/core/somaxconn) == 500 ]]
  ledger check lan0
  cri remove "$red" "$green"
  [[ -z $(cri pods) ]]
  same_as "$before"
}

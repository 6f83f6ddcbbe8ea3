# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016,SC2034,SC2154,SC2317 # shared with scripts/kubernetes-e2e
# What is done to the cluster, one function each, here and in mishaps.bash; run in this order by
# scripts/kubernetes-e2e, each followed by a look whether nothing but what lives is there.

scenarios=(install deployment service host_ports dual_stack hundred_pods takeover runtime_killed reboot uninstall daemon_set)

node_address() { case "$1" in one) echo 192.0.2.1 ;; two) echo 192.0.2.2 ;; esac; }
other_than() { case "$1" in one) echo two ;; two) echo one ;; esac; }

# Node one is on legacy iptables, node two on the nf_tables variant.
variant_of() { case "$1" in one) echo legacy ;; two) echo nft ;; esac; }
number_of() { case "$1" in one) echo 1 ;; two) echo 2 ;; esac; }

services_of() { # services_of NODE [runtime]: starts them
  local addresses
  addresses=$(node_address "$1")
  [[ $is_dual == no ]] || addresses+=,2001:db8::$(number_of "$1")
  on "$1" "$kubernetes/node-services" "$1" "$addresses" "$(variant_of "$1")" "$pod_range" "$lab" "$programs" "${@:2}"
}

start_node() {
  node_up "$1" "$(number_of "$1")"
  services_of "$1"
}

has_range() { [[ -n $(kubectl get node "$1" -o jsonpath='{.spec.podCIDR}') ]]; }

start() {
  make_busybox_image
  "$repository/deploy/make-image" "$lab/images/patchbay.tar" --from "$PATCHBAY_BIN" --kubectl "$programs/kubectl"
  control_plane_up
  start_node one
  start_node two
  eventually 60 has_range one
  eventually 60 has_range two
}

install() { "$repository/scripts/kind-install" lab --from "$PATCHBAY_BIN" >>"$logs/kind-install" 2>&1; }

# Three pods, wherever the scheduler wants them; and one on each node, that reach each other.
deployment() {
  deploy web 3
  deploy on-one 1 one
  deploy on-two 1 two
  local app
  for app in web on-one on-two; do rolled_out "$app"; done
  local one two
  one=$(pods_of on-one) two=$(pods_of on-two)
  same "$two $(address_of "$one")" from_pod "$one" "$(address_of "$two")"
  same "$one $(address_of "$two")" from_pod "$two" "$(address_of "$one")"
  local pod
  for pod in $(pods_of web); do
    same "$pod $(address_of "$one")" from_pod "$one" "$(address_of "$pod")"
    same "$pod" named from_node one "$(address_of "$pod")"
    same "$pod" named from_node two "$(address_of "$pod")"
  done
}

named() { local said; said=$("$@") && echo "${said%% *}"; }
seen() { local said; said=$("$@") && echo "${said##* }"; }

# By the Service's address from pods on both nodes and from the nodes, by a port of each node from outside;
# all pods get their turn.
service() {
  kubectl create service nodeport web --tcp 80:80 --node-port 30080 >/dev/null
  local address pod reached
  address=$(cluster_address_of web)
  for pod in $(pods_of on-one) $(pods_of on-two); do
    eventually 20 from_pod "$pod" "$address"
    same "$(address_of "$pod")" seen from_pod "$pod" "$address"
  done
  for node in one two; do
    eventually 10 from_node "$node" "$address"
    eventually 10 from_lan "$(node_address "$node"):30080"
  done
  reached=$(for _ in {1..40}; do named from_lan 192.0.2.1:30080; done | sort -u)
  [[ $reached == "$(pods_of web | sort)" ]]
  # A pod that is its own Service's only one.
  kubectl expose deployment on-one --port 80 >/dev/null
  eventually 20 from_pod "$(pods_of on-one)" "$(cluster_address_of on-one)"
  kubectl delete service web on-one >/dev/null
}

# From outside, the node itself, the pod itself, a pod beside it and one on the other node.
host_ports() {
  local node pod address name
  for node in one two; do
    deploy "port-$node" 1 "$node" '{containerPort: 80, hostPort: 8080}, {containerPort: 53, hostPort: 5353, protocol: UDP}'
  done
  for node in one two; do
    rolled_out "port-$node"
    pod=$(pods_of "port-$node") address=$(node_address "$node")
    same "$pod 192.0.2.254" from_lan "$address:8080"
    for name in 127.0.0.1 "$address"; do same "$pod" named from_node "$node" "$name:8080"; done
    same "$pod" named from_pod "$pod" "$address:8080"
    same "$pod" named from_pod "$(pods_of "on-$node")" "$address:8080"
    same "$pod" named from_pod "$(pods_of "on-$(other_than "$node")")" "$address:8080"
    same "hello" udp_through "$node" "$pod"
  done
}

# The pod gives back what comes to its UDP port 53, once; that is port 5353 of its node.
udp_through() {
  local node=$1 netns server
  netns=$(netns_of "$node" "$(address_of "$2")")
  on "$node" nsenter --net="$netns" timeout 10 socat UDP-RECVFROM:53 EXEC:cat &
  server=$!
  eventually 5 on "$node" nsenter --net="$netns" sh -c '[ -n "$(ss -Hlun sport = :53)" ]'
  echo hello | socat -T3 - "UDP:$(node_address "$node"):5353"
  wait "$server"
}

# All the ways once more in IPv6.
dual_stack() {
  if [[ $is_dual == no ]]; then remark "this release has no dual stack without a cloud"; return; fi
  local one two address
  one=$(pods_of port-one) two=$(pods_of on-two)
  address="[$(ipv6_address_of "$two")]"
  same "$two" named from_pod "$one" "$address"
  same "$two" named from_node one "$address"
  same "$one" named from_lan '[2001:db8::1]:8080'
  for address in '[2001:db8::1]:8080' "[$(ipv6_address_of "$one")]"; do
    same "$one" named from_node one "$address"
    same "$one" named from_pod "$one" "$address"
    same "$one" named from_pod "$two" "$address"
  done
}

# --- many ---------------------------------------------------------------------------------------

# What the kubelets have spent on making sandboxes, network and all: "COUNT SECONDS".
sandboxes() {
  local node
  for node in one two; do
    kubectl get --raw "/api/v1/nodes/$node/proxy/metrics"
  done | awk '/^kubelet_runtime_operations_duration_seconds_count.*"run_podsandbox"/ { n += $2 }
              /^kubelet_runtime_operations_duration_seconds_sum.*"run_podsandbox"/ { s += $2 } END { print n, s }'
}

milliseconds() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

all_leases() { leases_on one; leases_on two; }
back_at() { [[ -z $(pods_of many) && $(all_leases) == "$1" ]]; }

# How often plugins have failed, as the runtimes tell.
failed_calls() { cat "$logs"/{one,two}-containerd | grep -c 'plugin type=' || true; }

# hundred_up_and_down WHOSE [CHECK]
hundred_up_and_down() {
  local before start up down sandboxes_before sandboxes_after failures
  failures=$(failed_calls)
  before=$(all_leases)
  sandboxes_before=$(sandboxes)
  start=$(milliseconds)
  deploy many 100
  rolled_out many 300
  up=$(($(milliseconds) - start))
  sandboxes_after=$(sandboxes)
  ${2:-true}
  start=$(milliseconds)
  kubectl delete deployment many --wait=false >/dev/null
  eventually 300 back_at "$before"
  down=$(($(milliseconds) - start))
  failures=$(($(failed_calls) - failures))
  remark "100 pods, $1: up in $up ms, down in $down ms; a sandbox took the kubelet" \
    "$(awk '{ printf "%.0f ms", ($4 - $2) * 1000 / ($3 - $1) }' <<<"$sandboxes_before $sandboxes_after"); $failures calls failed"
  [[ $1 != patchbay ]] || ((failures == 0))
}

use_reference() {
  local node plugin
  for node in one two; do
    for plugin in ptp host-local portmap loopback; do
      cp "$reference/$plugin" "$lab/$node/opt/cni/bin/$plugin.new"
      mv "$lab/$node/opt/cni/bin/$plugin.new" "$lab/$node/opt/cni/bin/$plugin"
    done
  done
}

hundred_pods() {
  hundred_up_and_down patchbay nothing_but_the_living
  [[ -n $reference ]] || return 0
  use_reference
  hundred_up_and_down "the reference"
  install
}

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016,SC2154,SC2317 # shared with scripts/kubernetes-e2e
# What befalls nodes; the end, and the other way to begin. See scenarios.bash.

is_gone() { [[ -z $(pods_of "$1") ]]; }
remove() {
  kubectl delete deployment "$@" --wait=false >/dev/null
  local name
  for name; do eventually 60 is_gone "$name"; done
}

# Pods of ours are ended by the reference, those of the reference by us. What the reference cannot know of,
# elements in nftables and records, our own garbage collection takes.
takeover() {
  if [[ -z $reference ]]; then remark "no reference to take over from"; return; fi
  local node
  use_reference
  remove port-one port-two
  for node in one two; do
    deploy "theirs-$node" 1 "$node" '{containerPort: 80, hostPort: 8081}'
  done
  for node in one two; do
    rolled_out "theirs-$node"
    same "$(pods_of "theirs-$node")" named from_lan "$(node_address "$node"):8081"
  done
  eventually 20 agrees_on one
  eventually 20 agrees_on two
  install
  remove theirs-one theirs-two
  for node in one two; do
    on "$node" /opt/cni/bin/patchbay gc --yes >>"$logs/gc"
    deploy "port-$node" 1 "$node" '{containerPort: 80, hostPort: 8080}'
  done
  for node in one two; do
    rolled_out "port-$node"
    same "$(pods_of "port-$node") 192.0.2.254" from_lan "$(node_address "$node"):8080"
  done
}

kill_runtime() { on "$1" sh -c 'kill -KILL "$(cat /run/containerd.pid)"'; }

# containerd is killed on both nodes while thirty pods come, and while they go.
runtime_killed() {
  local before node
  before=$(all_leases)
  deploy many 30
  for node in one two one two; do
    sleep 1
    kill_runtime "$node"
    services_of "$node" runtime
  done
  rolled_out many 180
  nothing_but_the_living
  kubectl delete deployment many --wait=false >/dev/null
  for node in one two; do
    sleep 0.5
    kill_runtime "$node"
    services_of "$node" runtime
  done
  eventually 180 back_at "$before"
}

is_ready() { [[ $(kubectl get node "$1" -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}') == True ]]; }
is_not_ready() { ! is_ready "$1"; }

# Node one loses its power: /run, all rules and links are gone, leases of /var and the pods in the API are not.
reboot() {
  local boot
  boot=$(kubectl get node one -o jsonpath='{.status.nodeInfo.bootID}')
  node_down one
  start_node one
  booted() { [[ $(kubectl get node one -o jsonpath='{.status.nodeInfo.bootID}') != "$boot" ]] && is_ready one; }
  eventually 60 booted
  install # routes
  answers() { [[ $(named from_lan 192.0.2.1:8080) == "$(pods_of port-one)" ]]; }
  eventually 90 answers
  local app
  for app in web on-one port-one; do rolled_out "$app" 120; done
  same "$(pods_of on-two) $(address_of "$(pods_of on-one)")" from_pod "$(pods_of on-one)" "$(address_of "$(pods_of on-two)")"
}

# --- the end, and the other way to begin --------------------------------------------------------

uninstall() {
  kubectl delete deployment --all --wait=false >/dev/null
  eventually 60 back_at ''
  "$repository/scripts/kind-install" lab --uninstall >>"$logs/kind-install" 2>&1
  local node
  for node in one two; do
    [[ -z $(on "$node" find /etc/cni/net.d -type f) && ! -e $lab/$node/opt/cni/bin/patchbay ]]
    [[ -z $(on "$node" ip route show proto 112) ]]
    eventually 30 is_not_ready "$node"
  done
}

daemon_set() {
  sed "s|10.244.0.0/16|$pod_range|" "$repository/deploy/patchbay.yaml" >"$lab/patchbay.yaml"
  kubectl apply --dry-run=server -f "$lab/patchbay.yaml" >/dev/null
  kubectl apply -f "$lab/patchbay.yaml" >/dev/null
  kubectl rollout status daemonset patchbay --namespace kube-system --timeout 60s >/dev/null
  eventually 60 is_ready one
  eventually 60 is_ready two
  deploy on-one 1 one '{containerPort: 80, hostPort: 8080}'
  deploy on-two 1 two
  rolled_out on-one
  rolled_out on-two
  same "$(pods_of on-two) $(address_of "$(pods_of on-one)")" from_pod "$(pods_of on-one)" "$(address_of "$(pods_of on-two)")"
  same "$(pods_of on-one) 192.0.2.254" from_lan 192.0.2.1:8080
  # A route that is lost comes back by itself.
  on one ip route flush proto 112
  eventually 20 from_pod "$(pods_of on-one)" "$(address_of "$(pods_of on-two)")"
  # Without the agent all goes on.
  kubectl delete -f "$lab/patchbay.yaml" >/dev/null
  same "$(pods_of on-one) 192.0.2.254" from_lan 192.0.2.1:8080
  remove on-one on-two
}

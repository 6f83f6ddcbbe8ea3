# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # shared with real_node.bash and the tests
# crictl, the command-line client of runtimes that serve kubelets, and pods by it.

ln -s "$PEERS_BIN/crictl" /run/clients
export CRI_CONFIG_FILE=/run/crictl.yaml
echo 'timeout: 60' >"$CRI_CONFIG_FILE" # its own 2 s are little for a busy machine

# network_ready yes|no: what the runtime tells a kubelet about the node's network.
network_ready() {
  local condition
  condition=$(crictl info | jq -c '.status.conditions[] | select(.type == "NetworkReady")')
  [[ $(jq -r 'if .status then "yes" else "no" end' <<<"$condition") == "$1" ]] || { echo "$condition" >&2; return 1; }
}

# why_not_ready: the runtime's message.
why_not_ready() { crictl info | jq -r '.status.conditions[] | select(.type == "NetworkReady").message'; }

# pid: 1 - every container has processes of its own, as kubelets want it.

# pod NAME [MEMBERS]: makes a pod, of which the kubelet says these things as well; prints its ID.
pod() {
  jq -n --arg name "$1" '{metadata: {name: $name, uid: $name, namespace: "default"}, hostname: $name,
    log_directory: "/run/logs", linux: {cgroup_parent: "/", security_context: {namespace_options: {pid: 1}}}}
    * '"${2:-{\}}" >"/run/$1.pod"
  crictl runp "/run/$1.pod" | tee -a /run/pods
}

# start POD NAME [COMMAND…]: starts a container of our image in that pod, whose name that is; prints its ID.
start() {
  local container
  jq -n --arg image "$image" '{metadata: {name: "it"}, image: {image: $image}, log_path: "it.log",
    linux: {security_context: {namespace_options: {pid: 1}}}, command: $ARGS.positional}' --args "${@:3}" >"/run/$2.container"
  container=$(crictl create "$1" "/run/$2.container" "/run/$2.pod")
  crictl start "$container" >/dev/null
  echo "$container"
}

# addresses_of POD: what the runtime tells a kubelet, as they stand in URLs.
addresses_of() {
  crictl inspectp "$1" | jq -r '.status.network | .ip, .additionalIps[].ip | if contains(":") then "[\(.)]" else . end'
}

# remove_pods POD…: at once, for nothing in our image minds being asked to stop.
remove_pods() {
  local pod
  for pod; do crictl ps --quiet --pod "$pod" | xargs --no-run-if-empty crictl stop --timeout 0 >/dev/null; done
  crictl rmp --force "$@" >/dev/null
}

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016,SC2154 # shared with scripts/kubernetes-e2e
# Pods, and what is asked of them. Sourced by scripts/kubernetes-e2e, after control-plane.bash.

# The image of all pods: busybox, whose web server tells the pod's name and whom it sees asking.
make_busybox_image() {
  local tree=$lab/busybox applet
  mkdir -p "$tree"/{bin,etc,proc,sys,dev,tmp,www/cgi-bin} "$lab/images"
  cp "$(command -v busybox)" "$tree/bin/busybox"
  for applet in $(busybox --list); do
    [[ $applet == busybox ]] || ln -sf busybox "$tree/bin/$applet"
  done
  # shellcheck disable=SC2016 # for the pod's shell
  printf '%s\n' '#!/bin/sh' 'asking=${REMOTE_ADDR##*:}' \
    'printf "Content-type: text/plain\n\n%s %s\n" "$(hostname)" "${asking%]}"' >"$tree/www/cgi-bin/who"
  chmod +x "$tree/www/cgi-bin/who"
  "$repository/deploy/pack-image" "$tree" localhost/busybox:1 "$lab/images/busybox.tar" /bin/sleep 1000000
}

# pod_template LABEL [NODE] [PORTS]: what is in the pods of Deployments and on their own.
pod_template() {
  cat <<YAML
    metadata: {labels: {app: $1}}
    spec:
      terminationGracePeriodSeconds: 0
      automountServiceAccountToken: false
      enableServiceLinks: false
      ${2:+nodeName: $2}
      containers:
        - name: web
          image: localhost/busybox:1
          imagePullPolicy: Never
          command: [httpd, -f, -p, "80", -h, /www]
          ports: [${3:-}]
YAML
}

# deploy NAME REPLICAS [NODE] [PORTS]
deploy() {
  {
    cat <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: {name: $1}
spec:
  replicas: $2
  strategy: {type: Recreate}
  selector: {matchLabels: {app: $1}}
  template:
YAML
    pod_template "$1" "${3:-}" "${4:-}"
  } | kubectl apply -f - >/dev/null
}

rolled_out() { kubectl rollout status deployment "$1" --timeout "${2:-60}s" >/dev/null; }

pods_of() { kubectl get pods -l "app=$1" -o jsonpath='{range .items[*]}{.metadata.name}{"\n"}{end}'; }
address_of() { kubectl get pod "$1" -o jsonpath='{.status.podIP}'; }
ipv6_address_of() { kubectl get pod "$1" -o jsonpath='{.status.podIPs[1].ip}'; }
cluster_address_of() { kubectl get service "$1" -o jsonpath='{.spec.clusterIP}'; }

in_pod() { kubectl exec "$1" -- "${@:2}"; }

# who answers a pod, the LAN, or a node: "NAME SEEN".
from_pod() { in_pod "$1" timeout 5 wget -qO- "http://$2/cgi-bin/who"; }
from_lan() { curl --silent --show-error --max-time 5 "http://$1/cgi-bin/who"; }
from_node() { on "$1" curl --silent --show-error --max-time 5 "http://$2/cgi-bin/who"; }

# same EXPECTED COMMAND...: it says that.
same() {
  local said
  said=$("${@:2}") || { echo "failed: ${*:2}" >&2; return 1; }
  [[ $said == "$1" ]] || { echo "not '$1' but '$said': ${*:2}" >&2; return 1; }
}

# netns_of NODE ADDRESS: the path of the pod's namespace, from the runtime's own memory.
netns_of() {
  on "$1" sh -c 'cat /var/lib/cni/results/pods-*' | jq -r --arg address "$2/16" \
    'select(any(.result.ips[]; .address == $address)) | .result.interfaces[].sandbox // empty'
}

# --- nothing but what lives ---------------------------------------------------------------------

addresses_by_api() {
  kubectl get pods --all-namespaces -o json | jq -r --arg node "$1" \
    '.items[] | select(.spec.nodeName == $node and .spec.hostNetwork != true and .status.podIP) | .status.podIP' | sort
}

leases_on() { on "$1" find /run/cni-ipam-state/pods -type f -name '10.*' -printf '%f\n' 2>/dev/null | sort; }
routes_on() { on "$1" ip -4 route show | awk '$2 == "dev" && $3 ~ /^veth/ { print $1 }' | sort; }

# The cluster's idea of the pods on a node, its leases and its routes are the same.
agrees_on() {
  diff <(addresses_by_api "$1") <(leases_on "$1") && diff <(leases_on "$1") <(routes_on "$1")
}

# Not what kube-proxy's rules say of pods elsewhere in the subnet, nor the leases, which agrees_on compares.
ledger_holds_on() {
  local complaints
  complaints=$(on "$1" env PATCHBAY_BIN="$PATCHBAY_BIN" PYTHONDONTWRITEBYTECODE=1 \
    /usr/bin/python3 "$repository/test/clients/support/ledger" check eth0 2>&1 |
    grep -vE 'KUBE-|^ledger: lease missing|cni-loopback/' || true)
  [[ -z $complaints ]] || { echo "$complaints"; return 1; }
}

# The kubelet removes pods when it comes to it: what the API has forgotten may live for some seconds.
nothing_but_the_living() {
  local node
  for node in one two; do
    eventually 30 agrees_on "$node"
    eventually 10 ledger_holds_on "$node"
  done
}

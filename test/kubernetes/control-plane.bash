# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # shared with scripts/kubernetes-e2e
# etcd and the control plane, at 192.0.2.254 of the LAN (nodes.bash). Sourced with $programs set, the
# directory of the programs, by scripts/kubernetes-e2e.

pod_range=10.244.0.0/16
service_range=10.96.0.0/16
# Both families where nodes can have addresses of both without a cloud's help.
is_dual=no
if [[ $("$programs/kubelet" --version) =~ v1\.([0-9]+)\. ]] && ((BASH_REMATCH[1] >= 29)); then
  is_dual=yes
  pod_range+=,fd00:10:244::/56
  service_range+=,fd00:10:96::/112
fi
api=https://192.0.2.254:6443
logs=$lab/logs
pki=$lab/pki

# Programs that go on; what they say is in $logs.
daemon() { # daemon NAME COMMAND...
  "${@:2}" >"$logs/$1" 2>&1 </dev/null &
}

kubectl() { "$programs/kubectl" --kubeconfig "$lab/kubeconfig" "$@"; }

# eventually SECONDS COMMAND...: until it succeeds.
eventually() {
  local end=$((SECONDS + $1))
  until "${@:2}" >"$lab/eventually" 2>&1; do
    ((SECONDS < end)) || { echo "not within $1 s: ${*:2}" >&2; cat "$lab/eventually" >&2; return 1; }
    sleep 0.1
  done
}

make_certificates() {
  mkdir -p "$pki"
  cat >"$pki/names" <<TEXT
subjectAltName = IP:192.0.2.254, IP:127.0.0.1, IP:10.96.0.1, DNS:kubernetes.default.svc, DNS:kubernetes.default
TEXT
  {
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$pki/ca.key" -out "$pki/ca.crt" -subj /CN=lab -days 2
    openssl req -newkey rsa:2048 -nodes -keyout "$pki/api.key" -out "$pki/api.csr" -subj /CN=api
    openssl x509 -req -in "$pki/api.csr" -CA "$pki/ca.crt" -CAkey "$pki/ca.key" -CAcreateserial \
      -out "$pki/api.crt" -days 2 -extfile "$pki/names"
    openssl genrsa -out "$pki/accounts.key" 2048
    openssl rsa -in "$pki/accounts.key" -pubout -out "$pki/accounts.pub"
  } 2>"$pki/log"
  # Everybody of the cluster's own machinery is the one user of this token.
  echo 'lab-token,admin,1,"system:masters"' >"$pki/tokens"
  cat >"$lab/kubeconfig" <<YAML
apiVersion: v1
kind: Config
clusters: [{name: lab, cluster: {server: "$api", certificate-authority: $pki/ca.crt}}]
users: [{name: admin, user: {token: lab-token}}]
contexts: [{name: lab, context: {cluster: lab, user: admin}}]
current-context: lab
YAML
}

start_api_server() {
  daemon etcd etcd --data-dir "$lab/etcd" --unsafe-no-fsync --listen-client-urls http://127.0.0.1:2379 \
    --advertise-client-urls http://127.0.0.1:2379 --listen-peer-urls http://127.0.0.1:2380
  daemon kube-apiserver "$programs/kube-apiserver" --etcd-servers http://127.0.0.1:2379 --advertise-address 192.0.2.254 \
    --tls-cert-file "$pki/api.crt" --tls-private-key-file "$pki/api.key" --client-ca-file "$pki/ca.crt" \
    --service-cluster-ip-range "$service_range" --service-account-issuer https://kubernetes.default.svc \
    --service-account-key-file "$pki/accounts.pub" --service-account-signing-key-file "$pki/accounts.key" \
    --token-auth-file "$pki/tokens" --authorization-mode RBAC --allow-privileged \
    --kubelet-preferred-address-types InternalIP
  eventually 60 kubectl get --raw /readyz
}

start_controllers() {
  daemon kube-controller-manager "$programs/kube-controller-manager" --kubeconfig "$lab/kubeconfig" --leader-elect=false \
    --allocate-node-cidrs --cluster-cidr "$pod_range" --configure-cloud-routes=false --cert-dir "$lab/pki-controllers" \
    --service-account-private-key-file "$pki/accounts.key" --root-ca-file "$pki/ca.crt" --kube-api-qps 200 --kube-api-burst 400
  daemon kube-scheduler "$programs/kube-scheduler" --kubeconfig "$lab/kubeconfig" --leader-elect=false \
    --cert-dir "$lab/pki-scheduler" --kube-api-qps 200 --kube-api-burst 400
}

# What kubeadm, and so kind, leaves in a cluster for tools to read.
describe_cluster() {
  kubectl create configmap kubeadm-config --namespace kube-system --from-literal "ClusterConfiguration=kind: ClusterConfiguration
networking:
  podSubnet: $pod_range
  serviceSubnet: $service_range" >/dev/null
}

control_plane_up() {
  make_certificates
  start_api_server
  start_controllers
  describe_cluster
}

#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# containerd: its command-line client, and pods by CRI as a kubelet asks for them.

load node

setup() {
  need_root
  need containerd ctr runc curl jq socat tc nft busybox
  need_python grpc google.protobuf
  need_built patchbay bridge portmap host-local bandwidth tuning loopback
}

@test "containers that ctr runs reach each other and the network" {
  on_node containerd lan <<'SCRIPT'
    cat >/etc/cni/net.d/10-blue.conflist <<JSON
{"cniVersion": "1.0.0", "name": "blue", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isDefaultGateway": true, "ipMasq": true,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.88.0.0/24"}]]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}$(with_firewall)]}
JSON
    start_containerd
    load_image default
    # In the foreground: ctr sends no DEL for what it has detached.
    ctr run --rm --cni $image first /bin/true
    before=$(ledger snapshot)

    ctr run --rm --cni $image red & red=$!
    eventually 20 name_at 10.88.0.3
    [[ $(ctr run --rm --cni $image green /bin/nc 192.0.2.2 7) == 192.0.2.1 ]]
    [[ -n $(ctr run --rm --cni $image blue /bin/wget -qO- http://10.88.0.3/cgi-bin/name) ]]
    ledger check lan0
    ctr task kill --signal KILL red
    wait $red || true
    same_as "$before"
SCRIPT
}

@test "pods with host ports and limits in both families" {
  on_node containerd lan pods <<<'pods_life'
}

@test "pods with host ports and limits in both families, by iptables" {
  on_node containerd lan pods <<<'pods_life iptables'
}

@test "pods outlive their runtime, and are removed by the next one" {
  on_node containerd lan pods <<'SCRIPT'
    pods_node
    before=$(ledger snapshot)
    red=$(cri run red --port 8080:80)
    kill -KILL $containerd
    wait $containerd || true
    [[ $(name_from_lan 192.0.2.1:8080) == red ]]
    start_containerd
    [[ $(cri addresses $red | head -1) == 10.88.0.* ]]
    ledger check lan0
    cri remove $red
    same_as "$before"
SCRIPT
}

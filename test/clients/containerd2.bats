#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The newest containerd, which asks plugins for their STATUS whenever a kubelet asks for its own.

load node

setup() {
  need_root
  need_peer containerd containerd-shim-runc-v2 ctr crictl
  need runc curl jq socat tc nft busybox
  need_python grpc google.protobuf
  need_built patchbay bridge portmap host-local bandwidth tuning loopback
}

@test "pods of version 1.1.0 with host ports and limits in both families" {
  on_node real_node containerd containerd2 crictl lan pods <<<'pods_version=1.1.0; pods_life'
}

@test "pods of version 1.1.0 by iptables" {
  on_node real_node containerd containerd2 crictl lan pods <<<'pods_version=1.1.0; pods_life iptables'
}

@test "the node is ready when every plugin is, and not before" {
  on_node real_node containerd containerd2 crictl lan pods <<'SCRIPT'
    start_containerd
    network_ready no # there is no network yet
    pods_version=1.1.0
    pods_network
    eventually 10 network_ready yes

    rm /opt/cni/bin/host-local
    network_ready no
    [[ $(why_not_ready) == *host-local* ]]
    install_plugins
    network_ready yes

    mount --bind /proc/sys /proc/sys
    mount -o remount,bind,ro /proc/sys
    network_ready no
    [[ $(why_not_ready) == *'IPv4 forwarding is off'* ]]
    umount /proc/sys
    network_ready yes
SCRIPT
}

@test "a pod whose runtime was killed in the middle of its ADD is removed whole" {
  on_node real_node containerd containerd2 crictl lan pods <<'SCRIPT'
    pods_version=1.1.0
    pods_node
    before=$(ledger snapshot)
    mkfifo /run/started
    fake last '[[ $CNI_COMMAND != ADD ]] || { echo >/run/started; exec sleep 1000; }'
    ln -s /run/fake/last /opt/cni/bin/last
    sed -i 's/]}$/, {"type": "last"}]}/' /etc/cni/net.d/10-pods.conflist
    sleep 1 # containerd looks
    cri run red --port 8080:80 &
    read -r </run/started
    kill -KILL $containerd
    wait $containerd || true
    start_containerd
    [[ ! -e $(echo /var/lib/cni/results/pods-*) ]] # DEL will get no result of ADD
    crictl rmp --force $(crictl pods --quiet) >/dev/null
    eventually 5 same_as "$before"
SCRIPT
}

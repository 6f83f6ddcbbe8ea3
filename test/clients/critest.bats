#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The cases about networking of the suite that a runtime has to pass to serve Kubernetes.

load node

setup() {
  need_root
  need_peer containerd containerd-shim-runc-v2 ctr crictl critest
  need runc jq nft busybox
  need_built patchbay bridge portmap host-local bandwidth tuning loopback
}

@test "critest, networking, by containerd 2" {
  on_node real_node containerd containerd2 crictl lan pods <<'SCRIPT'
    # Its pods are not to serve anything: its containers do.
    /usr/bin/python3 "$support/image.py" /run/pause.tar localhost/pause:1 /bin/sleep 1000000
    sed -i 's|sandbox = .*|sandbox = "localhost/pause:1"|' /run/containerd.toml
    pods_version=1.1.0
    pods_network
    start_containerd
    load_image k8s.io
    ctr --namespace k8s.io images import /run/pause.tar >/dev/null
    remove_pods "$(pod first '{port_mappings: [{container_port: 80, host_port: 81}]}')"
    before=$(ledger snapshot)

    printf '%s: "%s"\n' defaultTestContainerImage $image webServerTestImage $image >/run/images.yaml
    "$PEERS_BIN/critest" --runtime-endpoint=$CONTAINER_RUNTIME_ENDPOINT --test-images-file=/run/images.yaml \
      --ginkgo.focus='Networking|portforward \[|sysctls' --ginkgo.no-color >/run/critest.log 2>&1 ||
      { tail -40 /run/critest.log >&2; false; }
    grep -E '^Ran [1-9][0-9]* of' /run/critest.log
    eventually 5 same_as "$before"
SCRIPT
}

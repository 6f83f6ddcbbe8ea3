#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# scripts/kind-install on two nodes in namespaces, by stand-ins for kind, docker and kubectl that act on
# them; the same with a real API server and real kubelets does scripts/kubernetes-e2e.

load node

setup() {
  need jq ping socat
  need_built patchbay ptp host-local portmap
}

@test "kind-install wires the pods of two nodes in both families" {
  on_node <<'SCRIPT'
    source $repository/test/kubernetes/kind_lab.bash
    kind_install lab --from "$PATCHBAY_BIN"
    pod one red
    pod two blue
    [[ $(address_of $lab/red 4) == 10.244.0.2 && $(address_of $lab/blue 4) == 10.244.1.2 ]]
    on one ip netns exec red ping -c1 -W2 10.244.1.2 >/dev/null
    on one ip netns exec red ping -c1 -W2 "$(address_of $lab/blue 6)" >/dev/null
    on two ip netns exec blue ping -c1 -W2 192.0.2.254 >/dev/null
SCRIPT
}

@test "after kind-install pods see each other's addresses, and others see the node's" {
  on_node <<'SCRIPT'
    source $repository/test/kubernetes/kind_lab.bash
    kind_install lab --from "$PATCHBAY_BIN"
    pod one red
    pod two blue
    tell_who_asks=(socat TCP-LISTEN:80,reuseaddr,fork 'SYSTEM:echo $SOCAT_PEERADDR')
    on two ip netns exec blue "${tell_who_asks[@]}" &
    "${tell_who_asks[@]}" &
    export -f on; export lab
    ask() { timeout 5 bash -c 'until on one ip netns exec red socat -u TCP:$0:80 - 2>/dev/null; do sleep 0.05; done' $1; }
    [[ $(ask 10.244.1.2) == 10.244.0.2 ]]
    [[ $(ask 192.0.2.254) == 192.0.2.1 ]]
SCRIPT
}

@test "kind-install again changes nothing, and mends what was lost" {
  on_node <<'SCRIPT'
    source $repository/test/kubernetes/kind_lab.bash
    kind_install lab --from "$PATCHBAY_BIN" >$lab/first
    pod one red
    before=$(ours one)
    kind_install lab --from "$PATCHBAY_BIN" >$lab/second
    grep -q 'made the route' $lab/first
    ! grep -E 'route|wrote' $lab/second
    [[ $(ours one) == "$before" ]]
    on one ip route flush proto 112
    on one rm /etc/cni/net.d/10-patchbay.conflist
    kind_install lab --from "$PATCHBAY_BIN" >$lab/third
    grep -q '^one: made the route 10.244.1.0/24 via 192.0.2.2' $lab/third
    [[ $(ours one) == "$before" ]]
    end_pod one red
SCRIPT
}

@test "kind-install takes a tarball, and follows a node to its new address" {
  on_node <<'SCRIPT'
    source $repository/test/kubernetes/kind_lab.bash
    tar --create --owner=0 --group=0 --use-compress-program='gzip -1' --file $lab/plugins.tgz --directory "$PATCHBAY_BIN" .
    kind_install lab --from $lab/plugins.tgz
    sed -i 's/192.0.2.2,/192.0.2.3,/' $lab/nodes
    on two ip address add 192.0.2.3/24 dev eth0
    kind_install lab --from $lab/plugins.tgz
    [[ $(on one ip route show 10.244.1.0/24 proto 112) == "10.244.1.0/24 via 192.0.2.3 dev eth0"* ]]
SCRIPT
}

@test "kind-install --uninstall leaves a node as it was, twice" {
  on_node <<'SCRIPT'
    source $repository/test/kubernetes/kind_lab.bash
    # what a node's image brings
    printf '#!/bin/sh\necho the former\n' | on one sh -c 'cat >/opt/cni/bin/ptp && chmod +x /opt/cni/bin/ptp'
    before=$(ours one)
    kind_install lab --from "$PATCHBAY_BIN"
    [[ $(on one env CNI_COMMAND=VERSION /opt/cni/bin/ptp </dev/null) != "the former" ]]
    kind_install lab --uninstall
    [[ $(ours one) == "$before" ]]
    [[ $(on one /opt/cni/bin/ptp) == "the former" ]]
    kind_install lab --uninstall
    [[ $(ours one) == "$before" && -z $(on one ls /var/lib | grep install) ]]
SCRIPT
}

@test "kind-install refuses a cluster that is not there, and names those that are" {
  on_node <<'SCRIPT'
    source $repository/test/kubernetes/kind_lab.bash
    fails 1 kind_install other --from "$PATCHBAY_BIN"
    [[ $complaint == "kind-install: there is no kind cluster other; there are: lab" ]]
SCRIPT
}

@test "kind-install refuses a node that has a network" {
  on_node <<'SCRIPT'
    source $repository/test/kubernetes/kind_lab.bash
    on two touch /etc/cni/net.d/10-kindnet.conflist
    before=$(ours one; ours two)
    fails 1 kind_install lab --from "$PATCHBAY_BIN"
    [[ $complaint == *"node two has a network: 10-kindnet.conflist in /etc/cni/net.d."*disableDefaultCNI* ]]
    [[ $(ours one; ours two) == "$before" ]]
SCRIPT
}

@test "kind-install refuses a node that has no range of addresses" {
  on_node <<'SCRIPT'
    source $repository/test/kubernetes/kind_lab.bash
    sed -i 's/^two [^ ]*/two /' $lab/nodes
    fails 1 kind_install lab --from "$PATCHBAY_BIN"
    [[ $complaint == *"node two has no range of pod addresses"* ]]
    [[ -z $(on one ls -A /opt/cni/bin) ]]
SCRIPT
}

@test "kind-install tells which node could not be changed" {
  on_node <<'SCRIPT'
    source $repository/test/kubernetes/kind_lab.bash
    sed -i 's|10.244.1.0/24|10.244.1.0/31|' $lab/nodes
    fails 1 kind_install lab --from "$PATCHBAY_BIN"
    [[ $complaint == *"node two could not be changed"* ]]
    [[ -z $(on two ls /var/lib | grep install) ]]
SCRIPT
}

@test "kind-install says why nodes do not become ready" {
  on_node <<'SCRIPT'
    source $repository/test/kubernetes/kind_lab.bash
    touch $lab/never-ready
    fails 1 kind_install lab --from "$PATCHBAY_BIN" --timeout 1
    [[ $complaint == *"one: kubelet is posting ready status"*"not all nodes became ready in 1 seconds"* ]]
SCRIPT
}

@test "kind-install refuses what has no plugins" {
  on_node <<'SCRIPT'
    source $repository/test/kubernetes/kind_lab.bash
    fails 1 kind_install lab --from /run
    [[ $complaint == *"/run has no plugins"* ]]
SCRIPT
}

@test "a node hands out its own part of the cluster's range, and the gateway is not in it" {
  on_node <<'SCRIPT'
    # hands_out RANGE GATEWAY LAST
    hands_out() {
      local found
      echo "one $1 192.0.2.1" | $repository/deploy/node-network --node one --conf-dir /run/net.d \
        --cluster-range 10.0.0.0/8,fd00::/16 >/dev/null
      found=$(jq -r '.plugins[0].ipam.ranges[0][0] | .subnet, .gateway, .rangeStart, .rangeEnd' /run/net.d/*.conflist)
      [[ $(echo $found) == "$4 $2 $2 $3" ]]
    }
    hands_out 10.244.1.0/24 10.244.1.1 10.244.1.254 10.0.0.0/8
    hands_out 10.244.2.64/26 10.244.2.65 10.244.2.126 10.0.0.0/8
    hands_out 10.128.0.0/9 10.128.0.1 10.255.255.254 10.0.0.0/8
    hands_out fd00:10:244:5::/64 fd00:10:244:5:0:0:0:1 fd00:10:244:5:ffff:ffff:ffff:ffff fd00::/16
    hands_out fd00::5:0:0/96 fd00:0:0:0:0:5:0:1 fd00:0:0:0:0:5:ffff:ffff fd00::/16
    for range in 10.244.1.0/31 fd00:10:244:5::/60; do
      fails 1 hands_out $range none none none
      [[ $complaint == *"a node cannot have the range $range"* ]]
    done
    fails 1 $repository/deploy/node-network --node two --cluster-range 10.0.0.0/8 <<<"one 10.1.0.0/24 192.0.2.1"
    [[ $complaint == *"the cluster has given the node two no range"* ]]
SCRIPT
}

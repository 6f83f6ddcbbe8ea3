#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podman and buildah on CNI.

load node

setup() {
  need_root
  need podman runc curl jq socat tc nft busybox
  need_built patchbay bridge portmap host-local tuning
  need_firewall
}

@test "podman: published ports, two networks, connect and disconnect" {
  on_node podman lan <<'SCRIPT'
    load_image
    podman network create --subnet 10.77.0.0/24 one >/dev/null
    podman network create --subnet 10.78.0.0/24 --subnet fd00:78::/64 two >/dev/null
    podman run --rm --network one,two --publish 81:80 $image true
    before=$(ledger snapshot)

    podman run --detach --name red --hostname red --network one:ip=10.77.0.50,mac=02:00:00:00:00:50 \
      --publish 8080:80 $image >/dev/null
    [[ $(address_in one red) == 10.77.0.50 ]]
    [[ $(podman exec red cat /sys/class/net/eth0/address) == 02:00:00:00:00:50 ]]
    podman run --detach --name green --hostname green --network one,two --publish 192.0.2.1:8081:80 $image >/dev/null
    for host in 127.0.0.1:8080 10.77.0.1:8080 192.0.2.1:8080 "$(address_in one red)"; do
      [[ $(name_at $host) == red ]]
    done
    [[ $(name_from_lan 192.0.2.1:8080) == red ]]
    [[ $(name_from_lan 192.0.2.1:8081) == green ]]
    [[ $(podman exec green wget -qO- http://$(address_in one red)/cgi-bin/name) == red ]]
    [[ $(podman exec red nc 192.0.2.2 7) == 192.0.2.1 ]]
    ledger check lan0

    podman network connect two red
    [[ $(podman exec green wget -qO- http://$(address_in two red)/cgi-bin/name) == red ]]
    ledger check lan0
    podman network disconnect two red
    [[ $(name_from_lan 192.0.2.1:8080) == red ]]
    podman network disconnect one green # which served 8081; the other network takes over
    [[ $(name_from_lan 192.0.2.1:8081) == green ]]
    ledger check lan0
    podman rm --force --time 0 red green >/dev/null
    same_as "$before"
    podman network rm one two >/dev/null
    [[ -z $(ip -o link show type bridge) ]]
SCRIPT
}

@test "podman makes a network anew after a flush" {
  on_node podman lan <<'SCRIPT'
    load_image
    podman network create one >/dev/null
    podman run --detach --name red --hostname red --network one --publish 8080:80 $image >/dev/null
    before=$(ledger snapshot)
    nft flush ruleset
    fails 1 ledger check lan0
    podman network reload red >/dev/null
    [[ $(name_from_lan 192.0.2.1:8080) == red ]]
    ledger check lan0
    same_as "$before"
SCRIPT
}

@test "podman plays Kubernetes' pods" {
  on_node podman lan <<'SCRIPT'
    load_image
    podman network create kube >/dev/null
    cat >/run/pod.yaml <<YAML
apiVersion: v1
kind: Pod
metadata: {name: red}
spec:
  hostname: red
  containers:
  - name: web
    image: $image
    imagePullPolicy: Never
    command: [/bin/httpd, -f, -p, "80", -h, /www]
    ports: [{containerPort: 80, hostPort: 8090}]
YAML
    podman run --rm --network kube --publish 81:80 $image true
    before=$(ledger snapshot)
    podman play kube --network kube /run/pod.yaml >/dev/null
    eventually 20 name_from_lan 192.0.2.1:8090 >/dev/null
    [[ $(name_at 127.0.0.1:8090) == red ]]
    ledger check lan0
    # What podman starts when a container ends may get in its own way.
    eventually 20 podman play kube --down /run/pod.yaml >/dev/null
    same_as "$before"
SCRIPT
}

@test "buildah runs what it builds on a CNI network" {
  need buildah
  on_node podman lan <<'SCRIPT'
    load_image
    podman network create one >/dev/null
    podman run --rm --network one $image true
    before=$(ledger snapshot)
    container=$(buildah from $image)
    [[ $(buildah run --isolation oci --network one $container nc 192.0.2.2 7) == 192.0.2.1 ]]
    same_as "$before"
SCRIPT
}

@test "podman without root: published ports, and a network in a user namespace" {
  need slirp4netns newuidmap setpriv
  on_node podman rootless lan <<'SCRIPT'
    as_tester podman load --quiet --input "$(image_file)" >/dev/null
    as_tester podman network create --subnet 10.77.0.0/24 one >/dev/null
    as_tester podman run --detach --name green --hostname green --network one $image >/dev/null
    as_tester podman run --rm --network one --publish 8081:80 $image true
    before=$(rootless_ledger snapshot)

    as_tester podman run --detach --name red --hostname red --network one --publish 8080:80 $image >/dev/null
    [[ $(name_at 127.0.0.1:8080) == red ]]
    [[ $(name_from_lan 192.0.2.1:8080) == red ]]
    [[ $(as_tester podman exec red wget -qO- http://10.77.0.2/cgi-bin/name) == green ]]
    [[ $(as_tester podman exec red nc 192.0.2.2 7) == 192.0.2.1 ]]
    rootless_ledger check tap0
    as_tester podman rm --force --time 0 red >/dev/null
    # slirp4netns announces IPv6 whenever it gets to it
    diff <(grep -v tap0 <<<"$before") <(rootless_ledger snapshot | grep -v tap0)
    as_tester podman rm --force --time 0 green >/dev/null
    as_tester podman network rm one >/dev/null
SCRIPT
}

#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Plugins exchanged under containers that live, and the files that keep others off their links.

load node

setup() {
  need jq ping
  need_built patchbay bridge ptp portmap host-local bandwidth
}

@test "containers of the former suite live on with the new plugins, and the other way round" {
  need_reference
  need iptables-legacy ip6tables-legacy
  on_node <<'SCRIPT'
    mkdir /run/bin /run/legacy
    # The former suite runs whatever is called so.
    for program in iptables ip6tables; do ln -s "$(command -v $program-legacy)" /run/legacy/$program; done
    export PATH=/run/legacy:$PATH
    cp /usr/lib/cni/{bridge,host-local,portmap,loopback} /run/bin/
    export CNI_PATH=/run/bin
    network blue 0.4.0
    sed -i 's/"ipMasq": true/"ipMasq": true, "ipMasqBackend": "iptables"/; s/"portmap"/"portmap", "backend": "iptables"/' /run/net.d/*
    exchange() { "$repository/scripts/install-node" "$@" --bin-dir /run/bin --conf-dir /run/net.d; }

    container red; container green
    patchbay add blue /run/netns/red >/run/red        # the reference's
    exchange --from "$PATCHBAY_BIN"
    cmp /run/bin/bridge "$PATCHBAY_BIN/bridge"
    patchbay check blue /run/netns/red
    patchbay add blue /run/netns/green >/run/green    # ours
    ip netns exec green ping -c1 -W2 "$(address_of /run/red 4)" >/dev/null
    patchbay del blue /run/netns/red
    fails 1 ip -n red link show eth0

    container red2
    exchange --uninstall
    cmp /run/bin/bridge /usr/lib/cni/bridge
    patchbay add blue /run/netns/red2 >/run/red2      # the reference's
    ip netns exec red2 ping -c1 -W2 "$(address_of /run/green 4)" >/dev/null
    patchbay del blue /run/netns/green
    patchbay del blue /run/netns/red2
    [[ -z $(find /var/lib/cni/networks/blue -name '10.*' -o -name 'fd*') ]]
    [[ -z $(ip -br link | grep ^veth || true) ]]
SCRIPT
}

@test "no call fails while plugins are exchanged" {
  on_node <<'SCRIPT'
    mkdir /run/bin
    exchange() { "$repository/scripts/install-node" "$@" --bin-dir /run/bin --conf-dir /run/net.d; }
    exchange --from "$PATCHBAY_BIN" >/dev/null
    cp -a "$PATCHBAY_BIN" /run/next
    for file in /run/next/*; do [[ -d $file ]] || echo next >>"$file"; done
    export CNI_PATH=/run/bin
    network blue 1.1.0
    warm_up blue
    before=$(traces)
    container red
    (
      while [[ ! -e /run/enough ]]; do
        patchbay add blue /run/netns/red >/run/result
        patchbay check blue /run/netns/red
        patchbay del blue /run/netns/red
        echo >>/run/rounds
      done
    ) &
    runtime=$!
    for _ in 1 2 3; do
      exchange --from /run/next >/dev/null
      exchange --from "$PATCHBAY_BIN" >/dev/null
    done
    touch /run/enough
    wait "$runtime"
    (($(wc -l </run/rounds) > 5))
    ip netns del red
    left_as "$before"
SCRIPT
}

@test "files for udev, networkd and NetworkManager mean our links and no others" {
  files=${PATCHBAY_BIN%/bin}/node
  [[ -d $files ]] || skip "$files was not configured"
  export files
  on_node <<'SCRIPT'
    matches() { local name=$1 pattern; shift; for pattern; do if [[ $name == $pattern ]]; then return 0; fi; done; return 1; }
    read -ra udev < <(sed -n 's/^OriginalName=//p' "$files/05-patchbay.link")
    read -ra networkd < <(sed -n 's/^Name=//p' "$files/05-patchbay.network")
    mapfile -t manager < <(sed -n 's/^unmanaged-devices+=//p' "$files/patchbay.conf" | tr ';' '\n' | sed 's/^interface-name://')
    [[ ${#udev[@]} == 2 && ${#networkd[@]} == 2 && ${#manager[@]} == 2 ]]

    cat >/run/net.d/50-blue.conflist <<'JSON'
{"cniVersion": "1.0.0", "name": "blue", "plugins": [
  {"type": "bridge", "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.99.0.0/24"}]]}},
  {"type": "bandwidth", "egressRate": 8000000, "egressBurst": 800000}]}
JSON
    cat >/run/net.d/50-pink.conflist <<'JSON'
{"cniVersion": "1.0.0", "name": "pink", "plugins": [
  {"type": "ptp", "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.98.0.0/24"}]]}}]}
JSON
    container red
    patchbay add blue /run/netns/red >/dev/null
    patchbay add pink /run/netns/red -i eth1 >/dev/null
    count=0
    for name in $(ip -o link | sed -nE 's/^[0-9]+: ((veth|bwp)[^:@]*)[:@].*/\1/p'); do
      matches "$name" "${udev[@]}"
      matches "$name" "${networkd[@]}"
      matches "$name" "${manager[@]}"
      ((count += 1))
    done
    [[ $count == 3 ]]
    # Names of the kernel, docker, netavark, the reference, Calico; a bridge, a network card.
    for name in veth0 veth1a2b3c4 veth7 veth1a2b3c4d cali01234567890 cni0 eth0 vethernet; do
      if matches "$name" "${udev[@]}" || matches "$name" "${networkd[@]}" || matches "$name" "${manager[@]}"; then
        echo "$name"
        false
      fi
    done
SCRIPT
}

@test "udev takes its settings of our links from there" {
  need udevadm
  ((EUID == 0)) || skip "needs root"
  files=${PATCHBAY_BIN%/bin}/node
  [[ -d $files ]] || skip "$files was not configured"
  export files
  on_node <<'SCRIPT'
    mount -t sysfs sysfs /sys
    mkdir -p /run/systemd/network /run/udev
    cp "$files/05-patchbay.link" /run/systemd/network/
    network blue 1.0.0
    container red
    patchbay add blue /run/netns/red >/dev/null
    link_file() { udevadm test-builtin net_setup_link "/sys/class/net/$1" 2>/dev/null | sed -n 's/^ID_NET_LINK_FILE=//p'; }
    ours=$(ip -o link | sed -nE 's/^[0-9]+: (veth[^:@]*)[:@].*/\1/p')
    mac=$(ip -j link show "$ours" | jq -r '.[0].address')
    [[ $(link_file "$ours") == /run/systemd/network/05-patchbay.link ]]
    [[ $(ip -j link show "$ours" | jq -r '.[0].address') == "$mac" ]]
    ip link add veth1a2b3c4 type veth peer name other
    [[ $(link_file veth1a2b3c4) != *patchbay* ]]
SCRIPT
}

@test "completion knows verbs, options and networks" {
  on_node <<'SCRIPT'
    network blue 1.0.0
    network pink 1.0.0 10.98.0.0/24
    source "$repository/packaging/completion.bash"
    complete_line() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _patchbay; printf '%s\n' "${COMPREPLY[@]}" | sort -u | paste -sd' '; }
    [[ $(complete_line patchbay '') == 'add audit check del gc help repair status' ]]
    [[ $(complete_line patchbay a) == 'add audit' ]]
    [[ $(complete_line patchbay add '') == 'blue pink' ]]
    [[ $(complete_line patchbay add blue /run/netn) == '/run/netns' ]]
    [[ $(complete_line patchbay gc --) == *'--dry-run'*'--yes'* ]]
    for verb in add audit check del gc repair status; do
      for option in $(complete_line patchbay "$verb" --); do
        [[ $option == --help ]] || patchbay help "$verb" | grep -q -- "$option"
      done
    done
    [[ $(complete_line patchbay --v) == --version ]]
SCRIPT
}

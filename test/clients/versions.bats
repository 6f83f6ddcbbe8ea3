#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# How clients learn which version of a plugin they have before they use it: from what it prints when it is
# run with nothing in its environment. Read here as they read it.

load node

plugins=(bridge ptp veth host-local static portmap tuning bandwidth loopback firewall)

setup() {
  need_built bridge ptp
  mapfile -t built < <(for plugin in "${plugins[@]}"; do [[ ! -x $PATCHBAY_BIN/$plugin ]] || echo "$plugin"; done)
}

number='(0|[1-9][0-9]*)'
suffix='(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?'
semantic_version="$number\.$number\.$number$suffix"

# at_least VERSION FLOOR
at_least() { [[ $(printf '%s\n' "$2" "$1" | sort -V | head -1) == "$2" ]]; }

@test "every plugin introduces itself on stderr, as the reference does" {
  for plugin in "${built[@]}"; do
    banner=$(env -i "$PATCHBAY_BIN/$plugin" 2>&1 >"$BATS_TEST_TMPDIR/stdout" </dev/null)
    [[ ! -s $BATS_TEST_TMPDIR/stdout ]]
    grep -Eqx "CNI $plugin plugin v$semantic_version" <<<"$banner"
    grep -qx 'CNI protocol versions supported: 0\.1\.0, 0\.2\.0, 0\.3\.0, 0\.3\.1, 0\.4\.0, 1\.0\.0, 1\.1\.0' <<<"$banner"
  done
}

@test "nerdctl takes firewall for new enough to isolate networks and containers" {
  need_built firewall
  # It wants a line with this start, and all the rest of it a version.
  for floor in 1.1.0 1.7.1; do
    version=$("$PATCHBAY_BIN/firewall" 2>&1 >/dev/null | sed -n 's/^CNI firewall plugin //p' | head -1)
    grep -Eqx "v?$semantic_version" <<<"$version"
    at_least "${version#v}" "$floor"
  done
}

@test "Nomad finds every version that its jobs are constrained by" {
  # The first word of both streams together that is a version; 3 s, and an exit code of 0.
  for plugin in "${built[@]}"; do
    words=$(timeout 3 "$PATCHBAY_BIN/$plugin" 2>&1)
    version=$(tr -s '[:space:]' '\n' <<<"$words" | grep -Ex "v?$semantic_version" | head -1)
    at_least "${version#v}" 0.4.0
    at_least "${version#v}" 1.3.0 # from where on it has CHECK called after a reboot
  done
}

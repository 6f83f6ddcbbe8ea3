#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# install-node replaces plugins whole, keeps what was there, and brings it back.

script=$BATS_TEST_DIRNAME/../../scripts/install-node
release=${PATCHBAY_BIN:-$BATS_TEST_DIRNAME/../../build/release/bin}

setup() {
  bin=$BATS_TEST_TMPDIR/bin
  path=$BATS_TEST_TMPDIR/path
  mkdir -p "$bin" "$path" "$BATS_TEST_TMPDIR/conf"
  # Nobody cuts the power, and disks are slow.
  ln -s "$(command -v true)" "$path/sync"
  PATH=$path:$PATH
  # The former suite: some names of ours, one that is not.
  for name in bridge host-local macvlan; do
    printf '#!/bin/sh\n# the former %s\n' "$name" >"$bin/$name"
    chmod 711 "$bin/$name"
  done
  cp -a "$bin" "$BATS_TEST_TMPDIR/former"
}

install_node() { "$script" "$@" --bin-dir "$bin" --conf-dir "$BATS_TEST_TMPDIR/conf"; }

ours() { find "$release" -maxdepth 1 -type f -printf '%f\n'; }

is_installed() {
  local name
  for name in $(ours); do cmp "$release/$name" "$bin/$name" || return 1; done
  for name in "$release"/libiptc/*; do
    [ ! -e "$name" ] || cmp "$name" "$bin/libiptc/${name##*/}" || return 1
  done
}

is_as_before() {
  diff -r "$BATS_TEST_TMPDIR/former" "$bin"
  diff <(cd "$BATS_TEST_TMPDIR/former" && stat -c '%n %a %u %Y' -- *) <(cd "$bin" && stat -c '%n %a %u %Y' -- *)
}

# A release that differs: bytes behind the end of an executable do it no harm.
another_release() {
  cp -a "$release" "$BATS_TEST_TMPDIR/next"
  local name
  for name in $(ours); do echo next >>"$BATS_TEST_TMPDIR/next/$name"; done
}

# A few of the names, for what is done many times.
small_release() {
  mkdir "$BATS_TEST_TMPDIR/small"
  cp -a "$release"/{bridge,host-local,patchbay} "$BATS_TEST_TMPDIR/small/"
  [ ! -e "$release/libiptc" ] || install -D "$release/libiptc/bridge" "$BATS_TEST_TMPDIR/small/libiptc/bridge"
  release=$BATS_TEST_TMPDIR/small
}

@test "installs over another suite, and brings it back to the byte" {
  install_node --from "$release"
  is_installed
  cmp "$bin/macvlan" "$BATS_TEST_TMPDIR/former/macvlan"
  install_node --uninstall
  is_as_before
}

@test "into an empty directory, and nothing is left there" {
  rm "$bin"/*
  install_node --from "$release"
  is_installed
  install_node --uninstall
  [ -z "$(ls -A "$bin")" ]
}

@test "an update keeps what was there before the first one" {
  another_release
  install_node --from "$release"
  install_node --from "$BATS_TEST_TMPDIR/next"
  cmp "$bin/bridge" "$BATS_TEST_TMPDIR/next/bridge"
  install_node --from "$release"
  install_node --uninstall
  is_as_before
}

@test "what somebody else has put there since is left alone by uninstall, and kept by an update" {
  install_node --from "$release"
  echo "newer than ours" >"$bin/bridge"
  run install_node --uninstall
  [[ "$output" == *"bridge was put there by somebody else since"* ]]
  [ "$(<"$bin/bridge")" = "newer than ours" ]
  cmp "$bin/host-local" "$BATS_TEST_TMPDIR/former/host-local"

  install_node --from "$release"
  is_installed
  install_node --uninstall
  [ "$(<"$bin/bridge")" = "newer than ours" ]
}

@test "a plugin that does not work here stops it before anything is changed" {
  another_release
  printf '#!/bin/sh\nexit 1\n' >"$BATS_TEST_TMPDIR/next/portmap"
  run install_node --from "$BATS_TEST_TMPDIR/next"
  [ "$status" -eq 1 ]
  [[ "$output" == *"portmap does not answer VERSION; nothing was changed"* ]]
  rm -r "$bin/.patchbay"
  is_as_before
}

@test "a twin that cannot run here is left out" {
  [ -d "$release/libiptc" ] || skip "this build has no twins"
  another_release
  printf '#!/lib/no-such-loader\n' >"$BATS_TEST_TMPDIR/next/libiptc/bridge"
  run install_node --from "$BATS_TEST_TMPDIR/next"
  [ "$status" -eq 0 ]
  [[ "$output" == *"libiptc/bridge does not run here, and is left out"* ]]
  [ ! -e "$bin/libiptc/bridge" ]
  [ -e "$bin/libiptc/veth" ]
}

@test "interrupted before any of its renames, every file is whole, and both ways out work" {
  cat >"$path/mv" <<'SH'
#!/bin/sh
count=$(($(cat "$COUNTER") - 1))
echo "$count" >"$COUNTER"
if [ "$count" -lt 0 ]; then kill -9 "$PPID"; exit 1; fi
PATH=$REAL_PATH exec mv "$@"
SH
  chmod +x "$path/mv"
  small_release
  export COUNTER=$BATS_TEST_TMPDIR/counter REAL_PATH=${PATH#*:}
  moves=0
  while :; do
    echo "$moves" >"$COUNTER"
    run install_node --from "$release"
    interrupted=$status
    echo 100 >"$COUNTER"
    for name in "$bin"/*; do
      [ -d "$name" ] || cmp -s "$name" "$release/${name##*/}" || cmp "$name" "$BATS_TEST_TMPDIR/former/${name##*/}"
    done
    ((interrupted != 0)) || break
    # Half of the times on, half of them back.
    if ((moves % 2 == 0)); then install_node --from "$release" && is_installed; fi
    run install_node --uninstall
    ((status == 0)) || [[ "$output" == *"nothing was installed"* ]]
    rm -rf "$bin/.patchbay"
    is_as_before
    ((moves += 1))
  done
  ((moves > $(ours | wc -l)))  # each file had its turn
  is_installed
}

@test "an uninstall that was interrupted can be repeated" {
  install_node --from "$release"
  mv "$bin/.patchbay/backup/bridge" "$bin/bridge"  # as far as it came
  run install_node --uninstall
  [ "$status" -eq 0 ]
  [[ "$output" != *"somebody else"* ]]
  is_as_before
}

@test "from a release and from an installed tree" {
  tar -czf "$BATS_TEST_TMPDIR/release.tgz" -C "$release" .
  install_node --from "$BATS_TEST_TMPDIR/release.tgz"
  is_installed
  install_node --uninstall
  mkdir -p "$BATS_TEST_TMPDIR/tree/opt/cni"
  cp -a "$release" "$BATS_TEST_TMPDIR/tree/opt/cni/bin"
  install_node --from "$BATS_TEST_TMPDIR/tree"
  is_installed
  run install_node --from "$BATS_TEST_TMPDIR/conf"
  [ "$status" -eq 1 ]
  [[ "$output" == *"no plugins in"* ]]
}

@test "two at once end as one" {
  install_node --from "$release" &
  first=$!
  install_node --from "$release"
  wait "$first"
  is_installed
  install_node --uninstall
  is_as_before
}

@test "names the plugins that networks of this node want and nobody has" {
  cat >"$BATS_TEST_TMPDIR/conf/10-calico.conflist" <<'JSON'
{ "name": "pods", "plugins": [ { "type": "calico", "policy": { "type": "k8s" }, "ipam": { "type": "calico-ipam" } },
  { "type": "portmap" }, { "type": "macvlan" } ] }
JSON
  run install_node --from "$release"
  [[ "$output" == *'names the plugin "calico",'* && "$output" == *'names the plugin "calico-ipam",'* ]]
  [[ "$output" != *k8s* && "$output" != *'"portmap"'* && "$output" != *'"macvlan"'* ]]
}

@test "without arguments it does nothing, as some runtimes start whatever they find" {
  run "$script"
  [ "$status" -eq 2 ]
  [[ "$output" == *"usage: scripts/install-node"* ]]
}

@test "busybox is enough" {
  command -v busybox >/dev/null || skip "busybox is not installed"
  rm "$path/sync"
  for applet in sh awk cat chmod cp cut echo find grep ln ls mkdir mktemp mv printf rm rmdir sed sha256sum sleep sort sync tar tr; do
    ln -s "$(command -v busybox)" "$path/$applet"
  done
  PATH=$path sh "$script" --from "$release" --bin-dir "$bin" --conf-dir "$BATS_TEST_TMPDIR/conf"
  is_installed
  PATH=$path sh "$script" --uninstall --bin-dir "$bin"
  is_as_before
}

#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What is released: installs, works, leaves nothing, is the same bytes every time.

repository=$BATS_TEST_DIRNAME/../..
build=${PATCHBAY_BUILD:-$repository/build/release}

is_shipped() { grep -q 'PATCHBAY_STATIC_RUNTIME:BOOL=ON' "$build/CMakeCache.txt"; }

setup_file() {
  ! is_shipped || "$repository/scripts/package" --build "$build" --out "$BATS_FILE_TMPDIR/first"
}

setup() {
  is_shipped || skip "this build is not the one that is shipped"
}

tarball() { echo "$BATS_FILE_TMPDIR"/first/*.tgz; }
deb() { echo "$BATS_FILE_TMPDIR"/first/*.deb; }

@test "the same bytes every time" {
  TZ=Pacific/Auckland "$repository/scripts/package" --build "$build" --out "$BATS_TEST_TMPDIR"
  cmp "$(tarball)" "$BATS_TEST_TMPDIR"/*.tgz
  cmp "$(deb)" "$BATS_TEST_TMPDIR"/*.deb
}

@test "components are parts of the whole, and what is installed works" {
  installed() { DESTDIR=$BATS_TEST_TMPDIR/$1 cmake --install "$build" --prefix /usr "${@:2}" >/dev/null; }
  files() { (cd "$BATS_TEST_TMPDIR/$1" && find . ! -type d | sort); }
  installed whole
  for component in plugins tool node doc; do
    installed "$component" --component "$component"
    files "$component"
  done | sort >"$BATS_TEST_TMPDIR/parts"
  diff "$BATS_TEST_TMPDIR/parts" <(files whole)  # each file in one of them
  cd "$BATS_TEST_TMPDIR/whole"
  [ -e usr/share/man/man1/patchbay.1 ] && [ -e usr/share/bash-completion/completions/patchbay ]
  [ -e usr/share/doc/patchbay/LICENSE ] && [ -e usr/share/doc/patchbay/conf-examples/runtimes/kind.conflist ]
  usr/bin/patchbay --version
  usr/share/patchbay/install-node --from "$BATS_TEST_TMPDIR/whole" --bin-dir "$BATS_TEST_TMPDIR/bin" --conf-dir /nowhere
  cmp "$BATS_TEST_TMPDIR/bin/bridge" "$build/bin/bridge"
}

@test "the tarball is for /opt/cni/bin: plugins that run anywhere, their twins, the tool, the licence" {
  tar -xzf "$(tarball)" -C "$BATS_TEST_TMPDIR"
  cd "$BATS_TEST_TMPDIR"
  for file in *; do
    case $file in
      LICENSE | libiptc | patchbay) continue ;;
    esac
    # No interpreter, no libraries: nothing of the machine is needed.
    run readelf --program-headers --dynamic "$file"
    [[ "$output" != *INTERP* && "$output" != *NEEDED* ]]
    # What Nomad and nerdctl read the version from.
    [[ "$(env -i "./$file" 2>&1 >/dev/null)" =~ ^"CNI $file plugin v"[0-9]+\.[0-9]+\.[0-9]+ ]]
  done
  [ -x bridge ] && [ -x ptp ] && [ -x host-local ] && [ -x libiptc/bridge ]
  ./patchbay --version
  "$repository/scripts/install-node" --from "$(tarball)" --bin-dir "$BATS_TEST_TMPDIR/bin" --conf-dir /nowhere
  cmp bridge bin/bridge
}

@test "lintian finds no error in the Debian package" {
  command -v lintian >/dev/null || skip "lintian is not installed"
  run lintian --allow-root --fail-on error "$(deb)"
  echo "$output"
  [ "$status" -eq 0 ]
}

@test "what the Debian package says of itself is true" {
  dpkg-deb --fsys-tarfile "$(deb)" | tar -x -C "$BATS_TEST_TMPDIR"
  for page in "$BATS_TEST_TMPDIR"/usr/share/man/man*/*; do
    zcat "$page" | mandoc -T lint -W warning
  done
  for plugin in "$BATS_TEST_TMPDIR"/usr/lib/cni/*; do
    [ ! -f "$plugin" ] || [ -e "$BATS_TEST_TMPDIR/usr/share/man/man8/patchbay-${plugin##*/}.8.gz" ]
  done
  for script in preinst postrm; do # what is diverted is what there is
    dpkg-deb --info "$(deb)" "$script" | sed -n 's/^ *for name in \([^;]*\);.*/\1/p' | tr ' ' '\n' | sort >"$BATS_TEST_TMPDIR/$script"
    diff "$BATS_TEST_TMPDIR/$script" <(find "$BATS_TEST_TMPDIR/usr/lib/cni" -maxdepth 1 -type f -printf '%f\n' | sort)
  done
}

# A copy of this machine that takes changes and forgets them; `script` is run in it.
in_a_copy_of_this_machine() {
  ((EUID == 0)) || skip "needs root"
  # shellcheck disable=SC2016 # for the inner shell
  unshare --mount bash -ec '
    mount -t tmpfs tmpfs "$1"
    cd "$1"
    mkdir upper work root
    mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" root 2>/dev/null || exit 77
    mount --rbind /dev root/dev
    chroot root dpkg --version >/dev/null || exit 77
    source /dev/stdin
  ' copy "$BATS_TEST_TMPDIR" && return
  local status=$?
  ((status != 77)) || skip "no overlay of this machine is to be had"
  return "$status"
}

@test "the Debian package takes the reference's place, and gives it back" {
  [ -x /usr/lib/cni/bridge ] || skip "the reference plugins are not installed"
  deb=$(deb)
  export deb
  in_a_copy_of_this_machine <<'SCRIPT'
    supports() { echo '{"cniVersion": "1.0.0"}' | CNI_COMMAND=VERSION chroot root "/usr/lib/cni/$1" | grep -q '"1.1.0"'; }
    cp "$deb" root/root/new.deb
    chroot root dpkg --install /root/new.deb
    supports bridge
    chroot root patchbay --version
    ! supports macvlan
    cmp root/usr/lib/cni/bridge.distrib /usr/lib/cni/bridge
    cmp root/usr/lib/cni/macvlan /usr/lib/cni/macvlan
    chroot root dpkg --verify patchbay

    chroot root dpkg --install /root/new.deb # an update
    supports bridge
    cmp root/usr/lib/cni/bridge.distrib /usr/lib/cni/bridge

    # The reference's own update goes around us.
    mkdir -p reference/DEBIAN reference/usr/lib/cni
    printf 'Package: containernetworking-plugins\nVersion: 99\nArchitecture: all\nMaintainer: x <x@x.invalid>\nDescription: x\n' \
      >reference/DEBIAN/control
    echo newer >reference/usr/lib/cni/bridge
    dpkg-deb --build --root-owner-group reference root/root/reference.deb >/dev/null
    chroot root dpkg --install /root/reference.deb
    supports bridge
    [[ $(<root/usr/lib/cni/bridge.distrib) == newer ]]

    chroot root dpkg --purge patchbay
    [[ $(<root/usr/lib/cni/bridge) == newer ]]
    [[ -z $(chroot root dpkg-divert --list '*/cni/*') ]]
SCRIPT
}

@test "nothing of the Debian package is left after purge" {
  deb=$(deb)
  export deb
  in_a_copy_of_this_machine <<'SCRIPT'
    cp "$deb" root/root/new.deb
    chroot root dpkg --install /root/new.deb
    [[ -e upper/usr/lib/systemd/network/05-patchbay.network ]]
    chroot root dpkg --purge patchbay
    # Whatever is in the upper layer is as below it, and nothing below is hidden by it.
    cd upper
    find . ! -type d ! -path './root/new.deb' ! -path './var/lib/dpkg/*' ! -path './var/log/*' ! -path './var/cache/*' |
      while read -r file; do cmp "$file" "/$file"; done
    find . -type d | while read -r directory; do [[ -d /$directory ]]; done
SCRIPT
}

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # shared with real_node.bash and the tests
# An ordinary user called tester, for the words of podman.

tester=4242
echo "tester:x:$tester:$tester::/home/tester:/bin/bash" >>/etc/passwd
echo "tester:x:$tester:" >>/etc/group
for map in /etc/subuid /etc/subgid; do echo "tester:200000:65536" >>"$map"; done
mount -t tmpfs none /home # podman gives plugins a /run of their own, so nothing of the user's may be there
mkdir -p /home/tester/.config/containers /home/tester/tmp "/run/user/$tester"
# Overlays on tmpfs need the kernel's leave in a user namespace; copies do not.
echo -e '[storage]\ndriver = "vfs"' >/home/tester/.config/containers/storage.conf
chown -R "$tester:$tester" /home/tester "/run/user/$tester"
# On a node with both generations of cgroups podman would look for a delegated one in the second.
! mountpoint --quiet /sys/fs/cgroup/unified || umount /sys/fs/cgroup/unified

as_tester() {
  (cd /home/tester && exec setpriv --reuid $tester --regid $tester --clear-groups \
    env --ignore-environment HOME=/home/tester USER=tester XDG_RUNTIME_DIR=/run/user/$tester \
    TMPDIR=/home/tester/tmp PATH="$PATH" PATCHBAY_BIN="$PATCHBAY_BIN" PYTHONDONTWRITEBYTECODE=1 "$@")
}

# The ledger of what root is there.
rootless_ledger() { as_tester podman unshare --rootless-netns /usr/bin/python3 "$support/ledger" "$@"; }

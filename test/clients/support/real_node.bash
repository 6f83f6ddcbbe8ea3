# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # shared with real_node.bash and the tests
# A node as a runtime finds it: plugins in /opt/cni/bin, configurations in /etc/cni/net.d, and an /etc
# that may be written to. Comes before the words of any runtime.

support=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PYTHONDONTWRITEBYTECODE=1 HOME=/run/home TMPDIR=/run/tmp
mkdir -p "$HOME" "$TMPDIR" /run/lock /run/etc/{upper,work}
mount -t tmpfs none /dev/shm # podman keeps its locks there, under one name for all
mount -t overlay overlay -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work /etc
mount -t tmpfs none /opt
mkdir -p /opt/cni/bin /etc/cni/net.d
rm -f /etc/cni/net.d/*

# Control groups are the only thing of a container that is not in our namespaces: those of containers that
# live when the test ends are removed here.
end_real_node() {
  local groups
  groups=$(cat /proc/[0-9]*/cgroup 2>/dev/null | sort -u | grep -vxFf /proc/self/cgroup) || true
  exec 2>/dev/null # bash tells of every job that is killed
  kill -KILL -1 || true # all but this shell, which is the namespace's first process
  wait
  local _ controller path
  while IFS=: read -r _ controller path; do
    [[ -n $path ]] || continue
    rmdir "/sys/fs/cgroup/${controller#name=}$path" "/sys/fs/cgroup/unified$path" || true
  done <<<"$groups"
}
trap end_real_node EXIT

# Ours, and of the reference's what is not ours.
install_plugins() {
  local directory plugin
  for directory in "$PATCHBAY_BIN" /usr/lib/cni; do
    [[ -d $directory ]] || continue
    for plugin in "$directory"/*; do
      [[ ! -f $plugin || -e /opt/cni/bin/${plugin##*/} ]] || ln -s "$plugin" /opt/cni/bin/
    done
  done
}
install_plugins

image=localhost/busybox:1
image_file() {
  [[ -e /run/image.tar ]] || /usr/bin/python3 "$support/image.py" /run/image.tar
  echo /run/image.tar
}

# ledger check [FOREIGN…]: everything belongs to a live attachment and the other way round.
ledger() { /usr/bin/python3 "$support/ledger" "$@"; }

# same_as BEFORE: the node is as it was at that "ledger snapshot".
same_as() { diff <(echo "$1") <(ledger snapshot) | head -40; }

# eventually SECONDS COMMAND…: until it succeeds.
eventually() {
  local deadline=$((SECONDS + $1))
  until "${@:2}" 2>/run/eventually; do
    ((SECONDS < deadline)) || { cat /run/eventually >&2; echo "after $1 s, still not: ${*:2}" >&2; return 1; }
    sleep 0.05
  done
}

# name_at HOST[:PORT]: which container answers there.
name_at() { curl --silent --show-error --max-time 3 "http://$1/cgi-bin/name"; }

# web NAME: in that container made by "container", what the image's command does; returns once it listens.
web() {
  mkdir -p /run/www/cgi-bin
  printf '%s\n' '#!/bin/sh' 'printf "Content-type: text/plain\n\n"' hostname >/run/www/cgi-bin/name
  chmod +x /run/www/cgi-bin/name
  ip netns exec "$1" unshare --uts sh -c "hostname $1; exec busybox httpd -f -p 80 -h /run/www" &
  eventually 20 ip netns exec "$1" curl --silent --output /dev/null http://127.0.0.1/
}

# What goes into a chain after a comma: firewall, where there is one of ours.
with_firewall() { [[ ! -x $PATCHBAY_BIN/firewall ]] || echo ', {"type": "firewall"}'; }

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # shared with real_node.bash and the tests
# podman and buildah, told to use CNI: they prefer netavark where it is installed.

# What a container asks for that a root without CAP_SYS_RESOURCE may not give.
cat >/run/clients/runc <<'SCRIPT'
#!/bin/bash
previous=
for argument; do
  if [[ $previous == --bundle || $previous == -b ]]; then
    spec=$(jq 'del(.process.rlimits) | if .process.oomScoreAdj // 0 < 0 then .process.oomScoreAdj = 0 else . end' \
      "$argument/config.json") && echo "$spec" >"$argument/config.json"
  fi
  previous=$argument
done
exec /usr/sbin/runc "$@"
SCRIPT
chmod +x /run/clients/runc

mkdir -p /etc/containers
cat >/etc/containers/containers.conf <<TOML
[network]
network_backend = "cni"
cni_plugin_dirs = ["/opt/cni/bin"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
infra_image = "$image"
[engine.runtimes]
runc = ["/run/clients/runc"]
[containers]
apparmor_profile = "unconfined"
log_driver = "k8s-file"
TOML
echo '{"default": [{"type": "insecureAcceptAnything"}]}' >/etc/containers/policy.json

load_image() { podman load --quiet --input "$(image_file)" >/dev/null; }

# address_in NETWORK CONTAINER
address_in() { podman inspect "$2" --format "{{(index .NetworkSettings.Networks \"$1\").IPAddress}}"; }

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # shared with real_node.bash and the tests
# Docker, which has nothing to do with CNI, as a neighbour on the node.

# Sets $docker to its process.
start_docker() {
  # It raises its own limit as far as it may, and gives up where it may not go as far as it wants.
  (ulimit -n 20000 && exec dockerd >>/run/docker.log 2>&1) &
  docker=$!
  eventually 30 docker version >/dev/null || { tail -5 /run/docker.log >&2; return 1; }
}

docker_load_image() { docker load --quiet --input "$(image_file)" >/dev/null; }

# A node with Docker's container black, host port 9090, and red on blue, host port 8080, which sets $before
# to what there is without red.
beside_docker() {
  network blue 1.0.0
  sed -i 's/"portMappings": true}}/&, {"type": "firewall"}/' /run/net.d/50-blue.conflist
  start_docker
  iptables -S FORWARD | grep -qx -- '-P FORWARD DROP'
  docker_load_image
  docker run --detach --name black --hostname black --publish 9090:80 "$image" >/dev/null
  export CAP_ARGS='{"portMappings": [{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}]}'
  warm_up blue
  before=$(ledger snapshot)
  container red
  patchbay add blue /run/netns/red >/dev/null
  web red
}

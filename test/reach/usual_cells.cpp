// SPDX-License-Identifier: Apache-2.0
#include "test/reach/usual_cells.hpp"

namespace patchbay::test::reach {

namespace {

// 8080/tcp and 5353/udp, published on every address. Nobody is ever seen as 127.0.0.1 (CVE-2021-20199).
Cells published_everywhere() {
  return {
      // the container itself and its sibling: the node stands in, or the answer would go past it
      {"red", "tcp", "192.0.2.1", 8080, "red 10.10.0.1", "hairpin"},
      {"red", "udp", "192.0.2.1", 5353, "red 10.10.0.1", "hairpin"},
      {"red", "tcp", "2001:db8::1", 8080, "red fd10::1", "hairpin"},
      {"red", "udp", "2001:db8::1", 5353, "red fd10::1", "hairpin"},
      {"red", "tcp", "10.10.0.1", 8080, "red 10.10.0.1", "hairpin by the gateway address"},
      {"blue", "tcp", "192.0.2.1", 8080, "red 10.10.0.1"},
      {"blue", "udp", "192.0.2.1", 5353, "red 10.10.0.1"},
      {"blue", "tcp", "2001:db8::1", 8080, "red fd10::1"},
      {"blue", "udp", "2001:db8::1", 5353, "red fd10::1"},
      {"blue", "tcp", "10.10.0.1", 8080, "red 10.10.0.1"},
      {"blue", "tcp", "fd10::1", 8080, "red fd10::1"},
      // other networks, masqueraded themselves
      {"green", "tcp", "192.0.2.1", 8080, "red 10.10.0.1"},
      {"green", "udp", "192.0.2.1", 5353, "red 10.10.0.1"},
      {"green", "tcp", "2001:db8::1", 8080, "red fd10::1"},
      {"green", "tcp", "10.20.0.1", 8080, "red 10.10.0.1"},
      {"pole", "tcp", "192.0.2.1", 8080, "red 10.10.0.1"},
      {"pole", "udp", "2001:db8::1", 5353, "red fd10::1"},
      // the node
      {"", "tcp", "192.0.2.1", 8080, "red 192.0.2.1"},
      {"", "udp", "192.0.2.1", 5353, "red 192.0.2.1"},
      {"", "tcp", "2001:db8::1", 8080, "red 2001:db8::1"},
      {"", "udp", "2001:db8::1", 5353, "red 2001:db8::1"},
      {"", "tcp", "127.0.0.1", 8080, "red 10.10.0.1"},
      {"", "udp", "127.0.0.1", 5353, "red 10.10.0.1"},
      {"", "tcp", "10.10.0.1", 8080, "red 10.10.0.1"},
      {"", "udp", "10.10.0.1", 5353, "red 10.10.0.1"},
      {"", "tcp", "::1", 8080, "", "the kernel takes no answer to ::1 in"},
      {"", "tcp", "::1", 22, "node ::1"},
      // neighbours and those beyond a router, seen as they are
      {"lan", "tcp", "192.0.2.1", 8080, "red 192.0.2.2"},
      {"lan", "udp", "192.0.2.1", 5353, "red 192.0.2.2"},
      {"lan", "tcp", "2001:db8::1", 8080, "red 2001:db8::2"},
      {"lan", "udp", "2001:db8::1", 5353, "red 2001:db8::2"},
      {"lan", "tcp", "192.0.2.9", 8080, "red 192.0.2.2"},
      {"remote", "tcp", "192.0.2.1", 8080, "red 198.51.100.2"},
      {"remote", "udp", "192.0.2.1", 5353, "red 198.51.100.2"},
      {"remote", "tcp", "2001:db8::1", 8080, "red 2001:db8:51::2"},
      {"remote", "udp", "2001:db8::1", 5353, "red 2001:db8:51::2"},
      {"far", "tcp", "203.0.113.1", 8080, "red 203.0.113.2"},
      {"far", "tcp", "192.0.2.1", 8080, "red 203.0.113.2", "the node's address of another side"},
      {"far", "udp", "2001:db8:3::1", 5353, "red 2001:db8:3::2"},
      {"far", "tcp", "10.10.0.1", 8080, "red 203.0.113.2", "a gateway address is the node's, too"},
      // the other networks' ports
      {"lan", "tcp", "192.0.2.1", 7070, "green 192.0.2.2"},
      {"red", "tcp", "192.0.2.1", 7070, "green 10.20.0.1"},
      {"lan", "tcp", "192.0.2.1", 9090, "pole 192.0.2.2"},
      {"lan", "udp", "192.0.2.1", 9053, "pole 192.0.2.2"},
      {"lan", "tcp", "2001:db8::1", 9090, "pole 2001:db8::2"},
      {"red", "tcp", "192.0.2.1", 9090, "pole 10.30.0.1"},
      {"", "tcp", "127.0.0.1", 9090, "pole 10.30.0.1"},
      {"pole", "tcp", "192.0.2.1", 9090, "pole 10.30.0.1", "hairpin over a cable"},
      {"pole", "udp", "192.0.2.1", 9053, "pole 10.30.0.1", "hairpin over a cable"},
      {"pole", "tcp", "2001:db8::1", 9090, "pole fd30::1", "hairpin over a cable"},
  };
}

// 8081/tcp and 5354/udp on 192.0.2.9, 8083/tcp on 2001:db8::9. Somebody else's server on the same port
// keeps the node's other addresses.
Cells published_on_one_address() {
  return {
      {"lan", "tcp", "192.0.2.9", 8081, "red 192.0.2.2"},
      {"lan", "udp", "192.0.2.9", 5354, "red 192.0.2.2"},
      {"remote", "tcp", "192.0.2.9", 8081, "red 198.51.100.2"},
      {"red", "tcp", "192.0.2.9", 8081, "red 10.10.0.1"},
      {"blue", "udp", "192.0.2.9", 5354, "red 10.10.0.1"},
      {"", "tcp", "192.0.2.9", 8081, "red 192.0.2.1"},
      {"lan", "tcp", "192.0.2.1", 8081, "node 192.0.2.2", "the node's own server"},
      {"red", "tcp", "192.0.2.1", 8081, "node 10.10.0.2", "the node's own server"},
      {"", "tcp", "127.0.0.1", 8081, "node 127.0.0.1", "the node's own server"},
      {"lan", "udp", "192.0.2.1", 5354, ""},
      {"", "udp", "127.0.0.1", 5354, ""},
      {"lan", "tcp", "2001:db8::9", 8083, "red 2001:db8::2"},
      {"remote", "tcp", "2001:db8::9", 8083, "red 2001:db8:51::2"},
      {"red", "tcp", "2001:db8::9", 8083, "red fd10::1"},
      {"lan", "tcp", "2001:db8::1", 8083, ""},
      {"lan", "tcp", "192.0.2.1", 8083, "", "of the other family"},
      {"far", "tcp", "192.0.2.9", 8081, "red 203.0.113.2"},
      {"far", "tcp", "203.0.113.1", 8081, "node 203.0.113.2", "the node's own server"},
  };
}

// 8082/tcp and 5355/udp on 127.0.0.1, 8084/tcp on ::1: for the node alone. What neighbours try with
// crafted frames is localhost_test.cpp's.
Cells published_on_localhost() {
  return {
      {"", "tcp", "127.0.0.1", 8082, "red 10.10.0.1"},
      {"", "udp", "127.0.0.1", 5355, "red 10.10.0.1"},
      {"", "tcp", "192.0.2.1", 8082, ""},
      {"", "udp", "192.0.2.1", 5355, ""},
      {"lan", "tcp", "192.0.2.1", 8082, ""},
      {"lan", "udp", "192.0.2.1", 5355, ""},
      {"remote", "tcp", "192.0.2.1", 8082, ""},
      {"far", "tcp", "203.0.113.1", 8082, ""},
      {"red", "tcp", "192.0.2.1", 8082, ""},
      {"red", "tcp", "10.10.0.1", 8082, ""},
      {"blue", "tcp", "10.10.0.1", 8082, ""},
      {"green", "tcp", "192.0.2.1", 8082, ""},
      {"lan", "tcp", "2001:db8::1", 8084, ""},
      {"red", "tcp", "2001:db8::1", 8084, ""},
      {"", "tcp", "2001:db8::1", 8084, ""},
      {"", "tcp", "::1", 8084, "", "no answer to ::1 is taken in"},
  };
}

// By their own addresses: whoever has a route. No ports are closed by publishing others, and none are
// opened on the node (moby#41872: nothing here hides containers from who routes to them).
Cells direct() {
  return {
      {"blue", "tcp", "10.10.0.2", 80, "red 10.10.0.3"},
      {"blue", "udp", "10.10.0.2", 53, "red 10.10.0.3"},
      {"blue", "tcp", "fd10::2", 80, "red fd10::3"},
      {"blue", "tcp", "10.10.0.2", 81, "red 10.10.0.3", "not published"},
      {"red", "tcp", "10.10.0.2", 80, "red 10.10.0.2", "itself"},
      {"green", "tcp", "10.10.0.2", 80, "red 10.10.0.1", "another bridge, masqueraded"},
      {"green", "tcp", "fd10::2", 80, "red fd10::1"},
      {"green", "tcp", "10.10.0.2", 81, "red 10.10.0.1", "not published"},
      {"red", "tcp", "10.20.0.2", 80, "green 10.20.0.1"},
      {"pole", "tcp", "10.10.0.2", 80, "red 10.10.0.1"},
      {"red", "tcp", "10.30.0.2", 80, "pole 10.30.0.1"},
      {"red", "udp", "fd30::2", 53, "pole fd30::1"},
      {"", "tcp", "10.10.0.2", 80, "red 10.10.0.1"},
      {"", "tcp", "10.10.0.2", 81, "red 10.10.0.1", "not published"},
      {"", "tcp", "fd10::2", 80, "red fd10::1"},
      {"", "tcp", "10.30.0.2", 80, "pole 10.30.0.1"},
      {"far", "tcp", "10.10.0.2", 80, "red 203.0.113.2", "routes by the node"},
      {"far", "tcp", "10.10.0.2", 81, "red 203.0.113.2", "routes by the node, not published"},
      {"far", "udp", "fd10::2", 53, "red 2001:db8:3::2", "routes by the node"},
      {"far", "tcp", "10.30.0.2", 80, "pole 203.0.113.2", "routes by the node"},
      {"far", "tcp", "10.10.0.2", 8080, "", "a host port is none of the container's"},
      {"lan", "tcp", "192.0.2.1", 81, "", "not published"},
      {"lan", "tcp", "2001:db8::1", 81, "", "not published"},
      {"remote", "tcp", "192.0.2.1", 81, "", "not published"},
  };
}

// From containers outwards, masqueraded.
Cells outwards() {
  return {
      {"red", "tcp", "203.0.113.2", 80, "far 203.0.113.1"},
      {"red", "tcp", "192.0.2.2", 80, "lan 192.0.2.1"},
      {"red", "tcp", "198.51.100.2", 80, "remote 192.0.2.1"},
      {"red", "tcp", "2001:db8:51::2", 80, "remote 2001:db8::1"},
      {"green", "tcp", "198.51.100.2", 80, "remote 192.0.2.1"},
      {"pole", "tcp", "198.51.100.2", 80, "remote 192.0.2.1"},
      {"pole", "tcp", "2001:db8:51::2", 80, "remote 2001:db8::1"},
      {"red", "tcp", "192.0.2.1", 22, "node 10.10.0.2", "the node sees the container"},
      {"red", "udp", "10.10.0.1", 123, "node 10.10.0.2"},
  };
}

// Through the node to a port of the same number: never ours (CVE-2025-67499), whoever asks for it, and
// even where a mapping names the other host's address (CVE-2020-8554: 8085 "on" far).
Cells transit() {
  return {
      {"lan", "tcp", "203.0.113.2", 8080, "far 192.0.2.2"},
      {"lan", "udp", "203.0.113.2", 5353, "far 192.0.2.2"},
      {"lan", "tcp", "2001:db8:3::2", 8080, "far 2001:db8::2"},
      {"lan", "udp", "2001:db8:3::2", 5353, "far 2001:db8::2"},
      {"remote", "tcp", "203.0.113.2", 8080, "far 198.51.100.2"},
      {"remote", "tcp", "2001:db8:3::2", 8080, "far 2001:db8:51::2"},
      {"red", "tcp", "203.0.113.2", 8080, "far 203.0.113.1"},
      {"red", "udp", "203.0.113.2", 5353, "far 203.0.113.1"},
      {"red", "tcp", "2001:db8:3::2", 8080, "far 2001:db8:3::1"},
      {"blue", "tcp", "203.0.113.2", 8080, "far 203.0.113.1"},
      {"", "tcp", "203.0.113.2", 8080, "far 203.0.113.1"},
      {"", "udp", "203.0.113.2", 5353, "far 203.0.113.1"},
      {"lan", "tcp", "203.0.113.2", 8085, "far 192.0.2.2", "an address that is not this host's"},
      {"red", "tcp", "203.0.113.2", 8085, "far 203.0.113.1", "an address that is not this host's"},
      {"", "tcp", "203.0.113.2", 8085, "far 203.0.113.1", "an address that is not this host's"},
      {"lan", "tcp", "192.0.2.1", 8085, "", "published elsewhere only"},
  };
}

}  // namespace

Cells usual_cells() {
  Cells all;
  for (const Cells& some :
       {published_everywhere(), published_on_one_address(), published_on_localhost(), direct(), outwards(), transit()})
    all.insert(all.end(), some.begin(), some.end());
  return all;
}

}  // namespace patchbay::test::reach

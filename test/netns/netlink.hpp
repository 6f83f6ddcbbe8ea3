// SPDX-License-Identifier: Apache-2.0
// What the tests of links, addresses and routes share.
#pragma once

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "common/netlink/address.hpp"
#include "common/netlink/link.hpp"

namespace patchbay::test {

using netlink::Request;
using netlink::Socket;
namespace addresses = netlink::addresses;
namespace links = netlink::links;

inline net::Cidr cidr(const std::string& text) { return net::Cidr::parse(text).value(); }
inline net::Ip ip(const std::string& text) { return net::Ip::parse(text).value(); }

// A cable with both ends here, up, with an address of each family on one of them.
struct Cable {
  Socket socket;
  int near = 0, far = 0;

  Cable() {
    const auto veth = links::create_veth(socket, {.host = {.name = "near"}, .peer = {.name = "far"}}).value();
    near = veth.host.index, far = veth.peer_index;
    std::vector<Request> requests;
    requests.push_back(links::set_up(far, "far"));
    requests.push_back(addresses::add(near, cidr("10.1.2.3/24"), {}, "near"));
    requests.push_back(addresses::add(near, cidr("fd00:1::3/64"), {}, "near"));
    socket.transact(std::move(requests));
  }
};

inline nlohmann::json find(const nlohmann::json& list, const std::string& key, const nlohmann::json& value) {
  for (const auto& item : list) {
    if (item.value(key, nlohmann::json{}) == value) return item;
  }
  return {};
}

inline int errno_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.error_number();
  }
  return 0;
}

template <typename List, typename Is>
const auto* pick(const List& list, Is is) {
  const auto found = std::find_if(list.begin(), list.end(), is);
  return found == list.end() ? nullptr : &*found;
}

}  // namespace patchbay::test

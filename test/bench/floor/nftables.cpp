// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "test/bench/floor/floor.hpp"
#include "test/bench/floor/netlink.hpp"

namespace floor_limit {

namespace {

constexpr unsigned kNew = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWSETELEM;
constexpr int kTries = 50;  // one a millisecond

void mark(Batch& batch, unsigned type) {
  batch.begin(type, 0, nfgenmsg{AF_UNSPEC, NFNETLINK_V0, htons(NFNL_SUBSYS_NFTABLES)});
  batch.end();
}

template <std::size_t size>
void value(Batch& batch, unsigned type, const std::array<std::uint8_t, size>& bytes) {
  const auto data = batch.nest(type);
  batch.attribute(NFTA_DATA_VALUE, bytes);
  batch.close(data);
}

// Removal lets the element expire: deleted ones are destroyed after a grace period, for which closing
// the socket waits (10 ms). Kernels before 6.12 do not change a timeout; the floor is for newer ones.
template <class Each>
void change(bool add, const char* set, Each&& each_element) {
  Batch batch;
  mark(batch, NFNL_MSG_BATCH_BEGIN);
  const unsigned flags = NLM_F_CREATE | NLM_F_ACK | (add ? NLM_F_EXCL : 0U);
  batch.begin(kNew, flags, nfgenmsg{NFPROTO_INET, NFNETLINK_V0, 0});
  batch.text(NFTA_SET_ELEM_LIST_TABLE, "floor");
  batch.text(NFTA_SET_ELEM_LIST_SET, set);
  const auto elements = batch.nest(NFTA_SET_ELEM_LIST_ELEMENTS);
  each_element(batch);
  batch.close(elements);
  batch.end();
  mark(batch, NFNL_MSG_BATCH_END);
  // What was let expire a moment ago keeps its key for some milliseconds.
  for (int tries = 0;; ++tries) {
    const int socket = open_socket(NETLINK_NETFILTER);
    send(socket, batch);
    const int error = await_ack(socket);
    close(socket);
    if (error == 0) return;
    if (!add || error != EEXIST || tries == kTries) fail(set, error);
    const timespec pause{0, 1'000'000};
    nanosleep(&pause, nullptr);
  }
}

void expiry(Batch& batch, bool add) {
  if (!add) batch.attribute(NFTA_SET_ELEM_TIMEOUT, htobe64(1));  // ms
}

}  // namespace

void masquerade(bool add, const Ipv4& address) {
  change(add, "masq", [&](Batch& batch) {
    const auto element = batch.nest(NFTA_LIST_ELEM);
    value(batch, NFTA_SET_ELEM_KEY, address);
    expiry(batch, add);
    batch.close(element);
  });
}

void publish(bool add, const std::vector<HostPort>& ports, const Ipv4& target) {
  change(add, "hostports", [&](Batch& batch) {
    for (const HostPort& port : ports) {
      // Concatenations: each field padded to four bytes.
      const std::uint16_t from = htons(port.port), to = htons(port.target_port);
      std::array<std::uint8_t, 8> key{port.protocol}, data{};
      std::memcpy(key.data() + 4, &from, sizeof from);
      std::memcpy(data.data(), target.data(), target.size());
      std::memcpy(data.data() + 4, &to, sizeof to);
      const auto element = batch.nest(NFTA_LIST_ELEM);
      value(batch, NFTA_SET_ELEM_KEY, key);
      value(batch, NFTA_SET_ELEM_DATA, data);
      expiry(batch, add);
      batch.close(element);
    }
  });
}

}  // namespace floor_limit

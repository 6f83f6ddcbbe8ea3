// SPDX-License-Identifier: Apache-2.0
#include "plugins/meta/bandwidth/queue.hpp"

#include "common/base/error.hpp"
#include "common/netlink/traffic.hpp"

namespace patchbay::bandwidth {
namespace {

namespace traffic = netlink::traffic;

traffic::TokenBucket bucket_of(const Limit& limit) { return traffic::token_bucket(limit.rate, limit.burst); }

// Who sends to the container is told by the source, to whom it sends by the destination.
traffic::FarEnds far_ends(const Subnets& subnets, Direction direction) {
  using Field = traffic::FarEnds::Field;
  return traffic::far_ends(direction == Direction::ingress ? Field::source : Field::destination, subnets.shaped,
                           subnets.list);
}

void require_bucket(const std::string& name, const traffic::TokenBucket& now, const traffic::TokenBucket& wanted) {
  if (now.rate != wanted.rate) throw Error{Code::drift, "the rate of " + name + " is another"};
  if (now.limit != wanted.limit) throw Error{Code::drift, "the limit of " + name + " is another"};
  if (now.buffer != wanted.buffer) throw Error{Code::drift, "the burst of " + name + " is another"};
}

}  // namespace

std::vector<netlink::Request> set_queue(const netlink::Link& link, const Limit& limit, const Subnets& subnets,
                                        Direction direction) {
  if (!subnets.list.empty()) {
    return traffic::set_partial_root(link.index, {.bucket = bucket_of(limit), .far_ends = far_ends(subnets, direction)},
                                     link.name);
  }
  std::vector<netlink::Request> requests;
  requests.push_back(traffic::set_root(link.index, bucket_of(limit), link.name));
  return requests;
}

void require_queue(netlink::Socket& host, const netlink::Link& link, const Limit& limit, const Subnets& subnets,
                   Direction direction) {
  if (subnets.list.empty()) {
    const auto now = traffic::find_root(host, link.index);
    if (!now) throw Error{Code::drift, "what " + link.name + " sends is not limited"};
    return require_bucket(link.name, *now, bucket_of(limit));
  }
  const auto now = traffic::find_partial_root(host, link.index);
  if (!now) throw Error{Code::drift, "what " + link.name + " sends is not limited by subnet"};
  require_bucket(link.name, now->bucket, bucket_of(limit));
  if (now->far_ends != far_ends(subnets, direction)) {
    throw Error{Code::drift, "the subnets by which " + link.name + " limits are others"};
  }
}

}  // namespace patchbay::bandwidth

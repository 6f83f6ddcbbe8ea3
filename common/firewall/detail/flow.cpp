// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/detail/flow.hpp"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>

#include "common/os/sysctl.hpp"

namespace patchbay::firewall::detail {
namespace {

// Bits of CTA_FILTER_ORIG_FLAGS and CTA_FILTER_REPLY_FLAGS; the kernel keeps their names to itself
// (net/netfilter/nf_internals.h).
constexpr std::uint32_t kSource = 1U << 0, kDestination = 1U << 1, kProtocol = 1U << 3, kDestinationPort = 1U << 5;

// No more than the receive buffer holds acknowledgements for, should all of them fail.
constexpr std::size_t kDeletedAtOnce = 64;

wire::Message message(int type, std::uint8_t family) {
  const nfgenmsg header{.nfgen_family = family, .version = NFNETLINK_V0, .res_id = 0};
  return {static_cast<std::uint16_t>(NFNL_SUBSYS_CTNETLINK << 8 | type), 0, header};
}

std::span<const std::uint8_t> bytes_of(const net::Ip& ip) { return {ip.data(), ip.size()}; }

std::optional<net::Ip> read_address(const wire::Attributes& ip, std::uint16_t v4, std::uint16_t v6) {
  if (const auto found = ip.find(v4); found && found->payload.size() == 4) {
    return net::Ip::from_bytes(net::Family::v4, found->payload.data());
  }
  if (const auto found = ip.find(v6); found && found->payload.size() == 16) {
    return net::Ip::from_bytes(net::Family::v6, found->payload.data());
  }
  return std::nullopt;
}

std::optional<Tuple> read_tuple(const wire::Attributes& tuple) {
  const auto ip = tuple.nested(CTA_TUPLE_IP), protocol = tuple.nested(CTA_TUPLE_PROTO);
  const auto source = read_address(ip, CTA_IP_V4_SRC, CTA_IP_V6_SRC);
  const auto destination = read_address(ip, CTA_IP_V4_DST, CTA_IP_V6_DST);
  if (!source || !destination) return std::nullopt;
  return Tuple{*source, *destination, protocol.u8(CTA_PROTO_NUM).value_or(0),
               protocol.be16(CTA_PROTO_SRC_PORT).value_or(0), protocol.be16(CTA_PROTO_DST_PORT).value_or(0)};
}

void put_address(wire::Message& to, const std::optional<net::Ip>& ip, int v4, int v6) {
  if (ip) to.put(ip->is_v4() ? v4 : v6, bytes_of(*ip));
}

// Linux 5.8 to at least 6.18 compare IPv6 addresses the wrong way round and leave out exactly the
// flows that were asked for (ctnetlink_filter_match_tuple): never ask for them.
bool is_usable(const Filter& filter) {
  return (!filter.source || filter.source->is_v4()) && (!filter.destination || filter.destination->is_v4());
}

void put_filter(wire::Message& to, const Filter& filter) {
  const std::uint32_t flags = (filter.source ? kSource : 0) | (filter.destination ? kDestination : 0) |
                              (filter.protocol ? kProtocol : 0) | (filter.destination_port ? kDestinationPort : 0);
  to.nest(filter.of_reply ? CTA_TUPLE_REPLY : CTA_TUPLE_ORIG, [&] {
    if (filter.source || filter.destination) {
      to.nest(CTA_TUPLE_IP, [&] {
        put_address(to, filter.source, CTA_IP_V4_SRC, CTA_IP_V6_SRC);
        put_address(to, filter.destination, CTA_IP_V4_DST, CTA_IP_V6_DST);
      });
    }
    if (filter.protocol) {
      to.nest(CTA_TUPLE_PROTO, [&] {
        to.put_u8(CTA_PROTO_NUM, *filter.protocol);
        if (filter.destination_port) to.put_be16(CTA_PROTO_DST_PORT, *filter.destination_port);
      });
    }
  });
  to.nest(CTA_FILTER, [&] {
    to.put_u32(CTA_FILTER_ORIG_FLAGS, filter.of_reply ? 0 : flags);
    to.put_u32(CTA_FILTER_REPLY_FLAGS, filter.of_reply ? flags : 0);
  });
}

wire::Request deletion(const Flow& flow) {
  wire::Message to = message(IPCTNL_MSG_CT_DELETE, static_cast<std::uint8_t>(flow.original.source.family()));
  to.put(CTA_TUPLE_ORIG | NLA_F_NESTED, flow.raw_original).put_be32(CTA_ID, flow.id);
  if (flow.zone) to.put_be16(CTA_ZONE, *flow.zone);
  return {"forget a tracked connection to " + flow.original.destination.to_string(), to.release(), {ENOENT}};
}

}  // namespace

std::optional<Flow> parse_flow(const wire::Reply& reply) {
  const auto parsed = wire::parse<nfgenmsg>(reply.payload);
  if (reply.type != (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW) || !parsed) return std::nullopt;
  const wire::Attributes& attributes = parsed->second;
  const auto original = read_tuple(attributes.nested(CTA_TUPLE_ORIG));
  const auto answer = read_tuple(attributes.nested(CTA_TUPLE_REPLY));
  const auto raw = attributes.find(CTA_TUPLE_ORIG);
  if (!original || !answer || !raw) return std::nullopt;
  return Flow{.original = *original,
              .reply = *answer,
              .status = attributes.be32(CTA_STATUS).value_or(0),
              .id = attributes.be32(CTA_ID).value_or(0),
              .zone = attributes.be16(CTA_ZONE),
              .raw_original = {raw->payload.begin(), raw->payload.end()}};
}

std::uint64_t count_flows() {
  const auto text = os::sysctl::find("net/netfilter/nf_conntrack_count");
  std::uint64_t count = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), count);
  return count;
}

std::vector<Flow> list_flows(wire::Socket& socket, std::optional<net::Family> family,
                             const std::optional<Filter>& filter, const std::function<bool(const Flow&)>& is_wanted) {
  std::vector<Flow> flows;
  wire::Message to = message(IPCTNL_MSG_CT_GET, family ? static_cast<std::uint8_t>(*family) : std::uint8_t{AF_UNSPEC});
  if (filter && is_usable(*filter)) put_filter(to, *filter);
  socket.dump(
      {"list tracked connections", to.release(), {}}, [&] { flows.clear(); },
      [&](const wire::Reply& reply) {
        auto flow = parse_flow(reply);
        if (flow && is_wanted(*flow)) flows.push_back(std::move(*flow));
      });
  return flows;
}

void delete_flows(wire::Socket& socket, const std::vector<Flow>& flows) {
  std::vector<wire::Request> requests;
  for (const Flow& flow : flows) {
    requests.push_back(deletion(flow));
    if (requests.size() < kDeletedAtOnce) continue;
    socket.transact(std::move(requests));
    requests.clear();
  }
  socket.transact(std::move(requests));
}

}  // namespace patchbay::firewall::detail

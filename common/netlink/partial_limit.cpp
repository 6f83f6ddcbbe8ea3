// SPDX-License-Identifier: Apache-2.0
// A limit for some packets: htb, its classes and the filters that choose between them (<linux/pkt_sched.h>,
// <linux/pkt_cls.h>). Classes and priorities are those of the reference suite's releases that had such limits.
#include <linux/pkt_cls.h>

#include "common/netlink/detail/subnet_filter.hpp"
#include "common/netlink/detail/traffic.hpp"
#include "common/netlink/traffic.hpp"

namespace patchbay::netlink::traffic {
namespace {

using detail::kRootHandle, detail::message, detail::narrow, detail::pod, detail::request;

constexpr std::uint32_t kLimited = kRootHandle | 0x30U, kUnlimited = kRootHandle | 1U;
// Where what the limit holds back waits, and what only waits for its turn. The kernel's choice for the latter is as
// long as the link's own queue, and an ifb has none.
constexpr std::uint32_t kLimitedQueue = 0x300000, kUnlimitedQueue = 0x20000;  // 30: and 2:
constexpr std::uint32_t kUnlimitedPackets = 1000;
constexpr std::uint32_t kQuantum = 20000;  // bytes; said, so that the kernel does not warn of its own choice
constexpr TokenBucket kNoLimit{.rate = 100'000'000'000, .limit = 0, .buffer = 15625};  // 100 GB/s; a burst of 1 ms

Request add_class(int index, std::uint32_t id, const TokenBucket& bucket, const std::string& name) {
  tc_htb_opt options{};
  options.rate.rate = options.ceil.rate = narrow(bucket.rate);
  options.buffer = options.cbuffer = bucket.buffer;
  options.quantum = kQuantum;
  auto out = message(RTM_NEWTCLASS, NLM_F_CREATE | NLM_F_EXCL, index, kRootHandle, id);
  out.put_text(TCA_KIND, "htb");
  out.nest(TCA_OPTIONS, [&] {
    out.put_pod(TCA_HTB_PARMS, options);
    if (bucket.rate <= UINT32_MAX) return;
    out.put_u64(TCA_HTB_RATE64, bucket.rate);
    out.put_u64(TCA_HTB_CEIL64, bucket.rate);
  });
  return request("limit some of what " + name + " sends", std::move(out));
}

Request add_htb(int index, std::uint32_t otherwise, const std::string& name) {
  tc_htb_glob options{};
  options.version = 3;
  options.rate2quantum = 10;
  options.defcls = otherwise & 0xFFFFU;
  auto out = message(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, index, TC_H_ROOT, kRootHandle);
  out.put_text(TCA_KIND, "htb");
  out.nest(TCA_OPTIONS, [&] { out.put_pod(TCA_HTB_INIT, options); });
  return request("make a queue of classes for what " + name + " sends", std::move(out));
}

Request add_queue(int index, std::uint32_t parent, std::uint32_t handle, const char* kind, std::uint32_t limit,
                  const std::string& name) {
  auto out = message(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, index, parent, handle);
  out.put_text(TCA_KIND, kind);
  out.put_pod(TCA_OPTIONS, tc_fifo_qopt{.limit = limit});
  return request("bound what waits at " + name, std::move(out));
}

Request add_filter(int index, const net::Cidr& subnet, FarEnds::Field field, std::uint32_t to,
                   const std::string& name) {
  auto out = message(RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, index, kRootHandle, 0,
                     detail::subnet_filter_info(subnet.family()));
  out.put_text(TCA_KIND, "u32");
  out.nest(TCA_OPTIONS, [&] {
    out.put_u32(TCA_U32_CLASSID, to);
    out.put(TCA_U32_SEL, detail::subnet_selector(subnet, field));
  });
  return request("tell apart what " + name + " sends by " + subnet.to_string(), std::move(out));
}

// --- read back ------------------------------------------------------------------------------------------

// The options of the one object of this kind that the question is about.
template <typename Take>
bool ask(Socket& socket, wire::Message question, const std::string& kind, const Take& take) {
  bool found = false;
  const int refused = socket.query(request("ask for " + kind, std::move(question)), [&](const wire::Reply& reply) {
    const auto parsed = wire::parse<tcmsg>(reply.payload);
    if (!parsed || parsed->second.text(TCA_KIND) != kind) return;
    found = take(parsed->second);
  });
  return refused == 0 && found;
}

std::optional<std::uint32_t> find_default_class(Socket& socket, int index) {
  std::uint32_t minor = 0;
  const bool found = ask(socket, message(RTM_GETQDISC, NLM_F_ECHO, index, TC_H_ROOT, 0), "htb", [&](const auto& it) {
    const auto options = pod<tc_htb_glob>(it.nested(TCA_OPTIONS), TCA_HTB_INIT);
    if (options) minor = options->defcls;
    return options.has_value();
  });
  return found ? std::optional{kRootHandle | minor} : std::nullopt;
}

// How much may wait for the class.
std::optional<std::uint32_t> find_queue(Socket& socket, int index, std::uint32_t parent, const std::string& kind) {
  std::uint32_t limit = 0;
  const bool found = ask(socket, message(RTM_GETQDISC, NLM_F_ECHO, index, parent, 0), kind, [&](const auto& it) {
    const auto parameters = pod<tc_fifo_qopt>(it, TCA_OPTIONS);
    if (parameters) limit = parameters->limit;
    return parameters.has_value();
  });
  return found ? std::optional{limit} : std::nullopt;
}

std::optional<TokenBucket> find_limited_class(Socket& socket, int index) {
  TokenBucket bucket;
  const auto take_class = [&](const wire::Attributes& it) {
    const auto options = it.nested(TCA_OPTIONS);
    const auto parameters = pod<tc_htb_opt>(options, TCA_HTB_PARMS);
    if (!parameters) return false;
    bucket.buffer = parameters->buffer;
    bucket.rate = pod<std::uint64_t>(options, TCA_HTB_RATE64).value_or(parameters->rate.rate);
    return true;
  };
  if (!ask(socket, message(RTM_GETTCLASS, NLM_F_ECHO, index, 0, kLimited), "htb", take_class)) return std::nullopt;
  const auto limit = find_queue(socket, index, kLimited, "bfifo");
  if (limit) bucket.limit = *limit;
  return limit ? std::optional{bucket} : std::nullopt;
}

// What a filter of ours chooses; nullopt when it does anything else.
struct Choice {
  net::Cidr subnet;
  FarEnds::Field field;
  std::uint32_t to;
};

std::optional<Choice> parse_choice(std::uint32_t info, const wire::Attributes& options) {
  const auto selector = options.find(TCA_U32_SEL);
  const auto to = options.u32(TCA_U32_CLASSID);
  if (!selector || !to || options.find(TCA_U32_ACT)) return std::nullopt;
  for (const net::Family family : {net::Family::v4, net::Family::v6}) {
    if (info != detail::subnet_filter_info(family)) continue;
    for (const FarEnds::Field field : {FarEnds::Field::source, FarEnds::Field::destination}) {
      if (const auto subnet = detail::parse_subnet_selector(selector->payload, family, field))
        return Choice{*subnet, field, *to};
    }
  }
  return std::nullopt;
}

// Hash tables, which u32 lists among its filters, have no selector and no class.
bool is_table(const wire::Attributes& options) { return options.find(TCA_U32_DIVISOR).has_value() || options.empty(); }

// nullopt when there is a filter that we would not have made.
std::optional<std::vector<Choice>> list_choices(Socket& socket, int index) {
  std::vector<Choice> choices;
  bool foreign = false;
  const auto restart = [&] { choices.clear(), foreign = false; };
  socket.dump(request("list the filters of the classes", message(RTM_GETTFILTER, NLM_F_DUMP, index, kRootHandle, 0)),
              restart, [&](const wire::Reply& reply) {
                const auto parsed = wire::parse<tcmsg>(reply.payload);
                if (reply.type != RTM_NEWTFILTER || !parsed) return;
                const auto options = parsed->second.nested(TCA_OPTIONS);
                if (is_table(options)) return;
                const auto choice = parse_choice(parsed->first.tcm_info, options);
                if (choice) choices.push_back(*choice);
                foreign = foreign || !choice;
              });
  return foreign ? std::nullopt : std::optional{std::move(choices)};
}

}  // namespace

FarEnds far_ends(FarEnds::Field field, bool alone, std::vector<net::Cidr> subnets) {
  for (net::Cidr& subnet : subnets) subnet = subnet.network();
  std::ranges::sort(subnets);
  subnets.erase(std::unique(subnets.begin(), subnets.end()), subnets.end());
  return {.field = field, .alone = alone, .subnets = std::move(subnets)};
}

std::vector<Request> set_partial_root(int index, const PartialLimit& limit, const std::string& name) {
  const FarEnds& ends = limit.far_ends;
  std::vector<Request> requests;
  requests.push_back(add_htb(index, ends.alone ? kUnlimited : kLimited, name));
  requests.push_back(add_class(index, kLimited, limit.bucket, name));
  requests.push_back(add_queue(index, kLimited, kLimitedQueue, "bfifo", limit.bucket.limit, name));
  requests.push_back(add_class(index, kUnlimited, kNoLimit, name));
  requests.push_back(add_queue(index, kUnlimited, kUnlimitedQueue, "pfifo", kUnlimitedPackets, name));
  for (const net::Cidr& subnet : ends.subnets) {
    requests.push_back(add_filter(index, subnet, ends.field, ends.alone ? kLimited : kUnlimited, name));
  }
  return requests;
}

std::optional<PartialLimit> find_partial_root(Socket& socket, int index) {
  const auto otherwise = find_default_class(socket, index);
  const auto bucket = find_limited_class(socket, index);
  const auto choices = list_choices(socket, index);
  if (!otherwise || !bucket || !choices || choices->empty()) return std::nullopt;
  if (find_queue(socket, index, kUnlimited, "pfifo") != kUnlimitedPackets) return std::nullopt;
  const bool alone = *otherwise == kUnlimited;
  const FarEnds::Field field = choices->front().field;
  std::vector<net::Cidr> subnets;
  for (const Choice& choice : *choices) {
    if (choice.field != field || choice.to != (alone ? kLimited : kUnlimited)) return std::nullopt;
    subnets.push_back(choice.subnet);
  }
  return PartialLimit{.bucket = *bucket, .far_ends = far_ends(field, alone, std::move(subnets))};
}

}  // namespace patchbay::netlink::traffic

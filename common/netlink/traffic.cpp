// SPDX-License-Identifier: Apache-2.0
#include "common/netlink/traffic.hpp"

#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "common/netlink/detail/traffic.hpp"

namespace patchbay::netlink::traffic {
namespace {

using detail::kIngressHandle, detail::kRootHandle, detail::message, detail::narrow, detail::request;

void put_mirred(wire::Message& message, int target) {
  tc_mirred mirred{};
  mirred.action = TC_ACT_STOLEN;
  mirred.eaction = TCA_EGRESS_REDIR;
  mirred.ifindex = static_cast<std::uint32_t>(target);
  message.nest(1, [&] {
    message.put_text(TCA_ACT_KIND, "mirred");
    message.nest(TCA_ACT_OPTIONS, [&] { message.put_pod(TCA_MIRRED_PARMS, mirred); });
  });
}

// tc_u32_sel, whose keys follow it, with one key that is all zeros: it matches everything.
std::array<std::uint8_t, sizeof(tc_u32_sel) + sizeof(tc_u32_key)> match_all() {
  std::array<std::uint8_t, sizeof(tc_u32_sel) + sizeof(tc_u32_key)> bytes{};
  tc_u32_sel selector;  // no initialiser: clang objects to that of an array without elements
  std::memset(&selector, 0, sizeof selector);
  selector.flags = TC_U32_TERMINAL;
  selector.nkeys = 1;
  std::memcpy(bytes.data(), &selector, sizeof selector);
  return bytes;
}

std::optional<TokenBucket> parse_token_bucket(const wire::Attributes& attributes) {
  if (attributes.text(TCA_KIND) != "tbf") return std::nullopt;
  const auto options = attributes.nested(TCA_OPTIONS);
  const auto parameters = detail::pod<tc_tbf_qopt>(options, TCA_TBF_PARMS);
  if (!parameters) return std::nullopt;
  TokenBucket bucket{.rate = parameters->rate.rate, .limit = parameters->limit, .buffer = parameters->buffer};
  if (const auto rate64 = detail::pod<std::uint64_t>(options, TCA_TBF_RATE64)) bucket.rate = *rate64;
  return bucket;
}

// The first action of a u32 filter that redirects.
std::optional<int> parse_redirection(const wire::Attributes& attributes) {
  if (attributes.text(TCA_KIND) != "u32") return std::nullopt;
  std::optional<int> target;
  attributes.nested(TCA_OPTIONS).nested(TCA_U32_ACT).for_each([&](const wire::Attribute& action) {
    const wire::Attributes inner{action.payload};
    const auto mirred = detail::pod<tc_mirred>(inner.nested(TCA_ACT_OPTIONS), TCA_MIRRED_PARMS);
    if (target || inner.text(TCA_ACT_KIND) != "mirred" || !mirred) return;
    if (mirred->eaction == TCA_EGRESS_REDIR) target = static_cast<int>(mirred->ifindex);
  });
  return target;
}

}  // namespace

TokenBucket token_bucket(std::uint64_t bits_per_second, std::uint64_t burst_bits) {
  constexpr double kLatency = 0.025, kTicksPerMicrosecond = 15.625;
  const std::uint64_t rate = std::max<std::uint64_t>(bits_per_second / 8, 1), burst = burst_bits / 8;
  const double microseconds = static_cast<double>(burst) * 1e6 / static_cast<double>(rate);
  const auto whole = narrow(static_cast<std::uint64_t>(std::min(microseconds, 4294967295.0)));
  return {.rate = rate,
          .limit = narrow(static_cast<std::uint64_t>(
              std::min(static_cast<double>(rate) * kLatency + static_cast<double>(burst), 4294967295.0))),
          .buffer = narrow(static_cast<std::uint64_t>(static_cast<double>(whole) * kTicksPerMicrosecond))};
}

Request set_root(int index, const TokenBucket& bucket, const std::string& name) {
  tc_tbf_qopt parameters{};
  parameters.rate.rate = narrow(bucket.rate);
  parameters.limit = bucket.limit;
  parameters.buffer = bucket.buffer;
  auto out = message(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, index, TC_H_ROOT, kRootHandle);
  out.put_text(TCA_KIND, "tbf");
  out.nest(TCA_OPTIONS, [&] {
    out.put_pod(TCA_TBF_PARMS, parameters);
    if (bucket.rate > UINT32_MAX) out.put_u64(TCA_TBF_RATE64, bucket.rate);
  });
  return request("limit what " + name + " sends", std::move(out));
}

Request add_ingress_hook(int index, const std::string& name) {
  auto out = message(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, index, TC_H_INGRESS, kIngressHandle);
  out.put_text(TCA_KIND, "ingress");
  return request("hook into what " + name + " receives", std::move(out));
}

Request redirect_everything(int index, int target, const std::string& name) {
  auto out =
      message(RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, index, kIngressHandle, 0, detail::filter_info(1, ETH_P_ALL));
  out.put_text(TCA_KIND, "u32");
  out.nest(TCA_OPTIONS, [&] {
    out.put_u32(TCA_U32_CLASSID, kRootHandle | 1U);
    out.put(TCA_U32_SEL, match_all());
    out.nest(TCA_U32_ACT, [&] { put_mirred(out, target); });
  });
  return request("redirect what " + name + " receives", std::move(out));
}

// ENOENT and EINVAL: there is none, in the words of different kernels.
Request remove_root(int index, const std::string& name) {
  return request("remove the limit of " + name, message(RTM_DELQDISC, 0, index, TC_H_ROOT, kRootHandle),
                 {ENOENT, EINVAL, ENODEV});
}

Request remove_ingress_hook(int index, const std::string& name) {
  return request("remove the ingress hook of " + name, message(RTM_DELQDISC, 0, index, TC_H_INGRESS, kIngressHandle),
                 {ENOENT, EINVAL, ENODEV});
}

std::optional<TokenBucket> find_root(Socket& socket, int index) {
  std::optional<TokenBucket> found;
  const int refused =
      socket.query(request("ask for the root qdisc", message(RTM_GETQDISC, NLM_F_ECHO, index, TC_H_ROOT, 0)),
                   [&](const wire::Reply& reply) {
                     if (reply.type != RTM_NEWQDISC) return;
                     if (const auto parsed = wire::parse<tcmsg>(reply.payload))
                       found = parse_token_bucket(parsed->second);
                   });
  return refused == 0 ? found : std::nullopt;
}

std::optional<int> find_redirection(Socket& socket, int index) {
  std::optional<int> target;
  const auto ask = [&] {
    return request("list the filters of the ingress hook",
                   message(RTM_GETTFILTER, NLM_F_DUMP, index, kIngressHandle, 0));
  };
  socket.dump(
      ask(), [&] { target.reset(); },
      [&](const wire::Reply& reply) {
        if (reply.type != RTM_NEWTFILTER || target) return;
        if (const auto parsed = wire::parse<tcmsg>(reply.payload)) target = parse_redirection(parsed->second);
      });
  return target;
}

}  // namespace patchbay::netlink::traffic

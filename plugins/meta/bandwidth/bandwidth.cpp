// SPDX-License-Identifier: Apache-2.0
#include "plugins/meta/bandwidth/bandwidth.hpp"

#include <algorithm>
#include <iterator>

#include "common/attach/container.hpp"
#include "common/attach/detach.hpp"
#include "common/attach/record.hpp"
#include "common/base/error.hpp"
#include "common/base/error_list.hpp"
#include "common/base/rollback.hpp"
#include "common/contract/run.hpp"
#include "common/netlink/traffic.hpp"
#include "plugins/meta/bandwidth/config.hpp"
#include "plugins/meta/bandwidth/queue.hpp"
#include "plugins/meta/bandwidth/shaper.hpp"

namespace patchbay::bandwidth {
namespace {

namespace links = netlink::links;
namespace traffic = netlink::traffic;

attach::Records records() { return attach::Records{"bandwidth"}; }

// The other end of the container's cable, if it has one that ends on this host.
std::optional<netlink::Link> find_host_end(netlink::Socket& host, attach::Container& container) {
  const auto inner = links::find(container.socket, container.ifname);
  if (!inner || inner->kind != "veth" || inner->peer == 0) return std::nullopt;
  auto peer = links::find(host, inner->peer);
  const bool is_other_end = peer && peer->kind == "veth" && peer->peer == inner->index;
  return is_other_end ? std::move(peer) : std::nullopt;
}

netlink::Link require_host_end(netlink::Socket& host, attach::Container& container, const contract::Result& result) {
  auto end = find_host_end(host, container);
  const auto is_it = [&](const contract::Interface& it) { return it.sandbox.empty() && it.name == end->name; };
  if (end && std::ranges::any_of(result.interfaces, is_it)) return *std::move(end);
  throw Error{Code::invalid_config, "no veth peer of container interface found in host ns"}
      .at("/prevResult/interfaces")
      .hint("bandwidth works behind a main plugin that connects containers by veth, such as bridge or ptp");
}

void append(std::vector<netlink::Request>& all, std::vector<netlink::Request> more) {
  std::ranges::move(more, std::back_inserter(all));
}

std::vector<netlink::Request> requests_to_lift(const netlink::Link& end) {
  std::vector<netlink::Request> requests;
  requests.push_back(traffic::remove_ingress_hook(end.index, end.name));
  requests.push_back(traffic::remove_root(end.index, end.name));
  return requests;
}

// All that the limits need, in one go, in place of what an ADD that was killed has left.
std::vector<netlink::Request> requests_for(const Limits& limits, const netlink::Link& end,
                                           const std::optional<netlink::Link>& shaper) {
  std::vector<netlink::Request> requests = requests_to_lift(end);
  if (limits.ingress) append(requests, set_queue(end, *limits.ingress, limits.subnets, Direction::ingress));
  if (!limits.egress) return requests;
  append(requests, set_queue(*shaper, *limits.egress, limits.subnets, Direction::egress));
  requests.push_back(traffic::add_ingress_hook(end.index, end.name));
  requests.push_back(traffic::redirect_everything(end.index, shaper->index, end.name));
  return requests;
}

netlink::Link require_shaper(netlink::Socket& host, const Owner& owner) {
  if (auto shaper = find_shaper(host, owner)) return *std::move(shaper);
  throw Error{Code::drift, "the interface that limits what the container sends is gone"};
}

}  // namespace

contract::Result add(const contract::Request& request) {
  const Limits limits = parse_limits(request);
  contract::Result result = request.required_previous_result();
  if (limits.none()) return result;
  attach::Container container = attach::open_container(request);
  netlink::Socket host;
  const netlink::Link end = require_host_end(host, container, result);

  remove_shaper(host, request.owner);  // of an ADD that was killed
  Rollback undo;
  undo.add("forget the attachment", [&] { records().remove(request.owner); });
  records().write(attach::begin_record(request, container.netns.id()));
  undo.add("lift the limits", [&] { host.transact(requests_to_lift(end)); });
  std::optional<netlink::Link> shaper;
  if (limits.egress) {
    undo.add("remove the shaper", [&] { remove_shaper(host, request.owner); });
    shaper = create_shaper(host, request.owner, end.mtu);
    result.interfaces.push_back({.name = shaper->name, .mac = shaper->mac.to_string(), .mtu = shaper->mtu});
  }
  host.transact(requests_for(limits, end, shaper));
  contract::stop_if_asked();
  undo.commit();
  return result;
}

// The host end takes its limits with it when it goes; the shaper has to be removed.
void del(const contract::Request& request) {
  ErrorList failures;
  netlink::Socket host;
  failures.attempt("lift the limits", [&] {
    auto container = attach::find_container(request.netns, request);
    const auto end = container ? find_host_end(host, *container) : std::nullopt;
    const bool ours = end && (end->alias.empty() || end->alias == request.owner.tag());
    if (ours) host.transact(requests_to_lift(*end));
  });
  failures.attempt("remove the shaper", [&] { remove_shaper(host, request.owner); });
  if (failures.empty()) failures.attempt("remove the attachment record", [&] { records().remove(request.owner); });
  failures.throw_if_any();
}

void check(const contract::Request& request) {
  const Limits limits = parse_limits(request);
  const contract::Result result = request.required_previous_result();
  if (limits.none()) return;
  attach::Container container = attach::open_container(request);
  netlink::Socket host;
  const auto end = find_host_end(host, container);
  if (!end) throw Error{Code::drift, "the container's cable does not end on this host any more"};
  if (limits.ingress) require_queue(host, *end, *limits.ingress, limits.subnets, Direction::ingress);
  if (!limits.egress) return;
  const netlink::Link shaper = require_shaper(host, request.owner);
  require_queue(host, shaper, *limits.egress, limits.subnets, Direction::egress);
  if (!shaper.up) throw Error{Code::drift, shaper.name + " is down: what the container sends is lost"};
  if (traffic::find_redirection(host, end->index) != shaper.index) {
    throw Error{Code::drift, "what the container sends does not go through " + shaper.name};
  }
}

void gc(const contract::Request& request) {
  const Owners valid = attach::required_valid_attachments(request);
  netlink::Socket host;
  ErrorList failures;
  failures.attempt("remove stale shapers", [&] { collect_shapers(host, request.owner.network, valid); });
  const auto stale = records().stale(request.owner.network, valid);
  for (const attach::Record& record : stale.records) {  // also one whose maker was killed before it could tag it
    failures.attempt("remove the shaper of " + record.owner.tag(), [&] { remove_shaper(host, record.owner); });
  }
  if (failures.empty())
    failures.attempt("forget the attachments", [&] { records().remove(request.owner.network, stale); });
  failures.throw_if_any();
}

void status(const contract::Request& request) { static_cast<void>(parse_limits(request)); }

os::Capabilities needs(contract::Command /*command*/) {
  return os::kToReachFiles | os::kToSeeNamespaces | os::kToEnterNamespaces | os::kToChangeNetwork;
}

}  // namespace patchbay::bandwidth

// SPDX-License-Identifier: Apache-2.0
#include "common/attach/record_format.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "common/base/error.hpp"
#include "common/contract/json.hpp"
#include "common/firewall/firewall.hpp"
#include "common/ipam/index_entry.hpp"

namespace patchbay::attach {
namespace {

using contract::Json;
using firewall::Condition;
using firewall::HostPort;
using firewall::PortForward;
using firewall::Protocol;
using nlohmann::json;

using Field = Condition::Field;
constexpr std::array<std::pair<std::string_view, Field>, 5> kFields{{{"source", Field::source},
                                                                     {"destination", Field::destination},
                                                                     {"inInterface", Field::in_interface},
                                                                     {"outInterface", Field::out_interface},
                                                                     {"mark", Field::mark}}};
constexpr std::array<std::pair<std::string_view, Protocol>, 3> kProtocols{
    {{"tcp", Protocol::tcp}, {"udp", Protocol::udp}, {"sctp", Protocol::sctp}}};

constexpr std::array<std::pair<std::string_view, firewall::Ingress>, 3> kPolicies{
    {{"open", firewall::Ingress::open},
     {"same-bridge", firewall::Ingress::same_bridge},
     {"isolated", firewall::Ingress::isolated}}};

template <typename Table, typename Value>
std::string name_in(const Table& table, Value value) {
  for (const auto& [name, known] : table) {
    if (known == value) return std::string{name};
  }
  throw Error{Code::internal, "a value without a name"};
}

template <typename Table>
auto value_in(const Table& table, const std::string& name) {
  for (const auto& [known, value] : table) {
    if (known == name) return value;
  }
  throw Error{Code::decode_failure, "unknown name " + name};
}

template <typename Value>
Value required(std::optional<Value> value) {
  if (!value) throw Error{Code::decode_failure, "something is missing"};
  return *value;
}

json to_json(const HostPort& port) {
  json object{{"protocol", name_in(kProtocols, port.protocol)},
              {"hostPort", port.host_port},
              {"containerPort", port.container_port}};
  if (port.host_ip) object["hostIP"] = port.host_ip->to_string();
  return object;
}

HostPort to_host_port(const Json& object) {
  const auto port = [&](std::string_view key) {
    return static_cast<std::uint16_t>(required(object.integer(key, {0, UINT16_MAX})));
  };
  return {.protocol = value_in(kProtocols, required(object.text("protocol"))),
          .host_port = port("hostPort"),
          .host_ip = object.ip("hostIP"),
          .container_port = port("containerPort")};
}

json to_json(const Condition& condition) {
  return {{"field", name_in(kFields, condition.field)},
          {"negated", condition.negated},
          {"subnet", condition.subnet.to_string()},
          {"interface", condition.interface},
          {"mark", condition.mark},
          {"mask", condition.mask}};
}

Condition to_condition(const Json& object) {
  const auto number = [&](std::string_view key) {
    return static_cast<std::uint32_t>(required(object.integer(key, {0, UINT32_MAX})));
  };
  return {.field = value_in(kFields, required(object.text("field"))),
          .negated = object.flag("negated"),
          .subnet = required(object.cidr("subnet")),
          .interface = object.text_or("interface", ""),
          .mark = number("mark"),
          .mask = number("mask")};
}

json to_json(const PortForward& forward);

template <typename List>
json list_of(const List& list) {
  json array = json::array();
  for (const auto& element : list) array.push_back(to_json(element));
  return array;
}

json to_json(const PortForward& forward) {
  return {{"container", forward.container.to_string()},
          {"ports", list_of(forward.ports)},
          {"conditions", list_of(forward.conditions)}};
}

PortForward to_port_forward(const Json& object) {
  PortForward forward{.container = required(object.cidr("container")), .ports = {}, .conditions = {}};
  for (const Json& port : object.list("ports")) forward.ports.push_back(to_host_port(port));
  for (const Json& condition : object.list("conditions")) forward.conditions.push_back(to_condition(condition));
  return forward;
}

json to_json(const firewall::PortForwards& forwarding) {
  return {{"snat", forwarding.snat},
          {"masqAll", forwarding.masquerade_all},
          {"markMasqBit", forwarding.mark_bit},
          {"externalSetMarkChain", forwarding.external_set_mark_chain}};
}

firewall::PortForwards to_forwarding(const Json& object) {
  return {.families = {},
          .snat = object.flag("snat"),
          .masquerade_all = object.flag("masqAll"),
          .mark_bit = static_cast<unsigned>(required(object.integer("markMasqBit", {0, 31}))),
          .external_set_mark_chain = required(object.text("externalSetMarkChain"))};
}

json to_json(const firewall::Forwarding& acceptance) {
  json object{{"adminChain", acceptance.admin_chain}};
  if (acceptance.policy) {
    object["ingressPolicy"] = name_in(kPolicies, acceptance.policy->ingress);
    object["bridge"] = acceptance.policy->bridge;
  }
  if (!acceptance.firewalld_zone.empty()) object["firewalldZone"] = acceptance.firewalld_zone;
  return object;
}

firewall::Forwarding to_acceptance(const Json& object) {
  firewall::Forwarding acceptance{.addresses = {},
                                  .admin_chain = required(object.text("adminChain")),
                                  .policy = {},
                                  .firewalld_zone = object.text_or("firewalldZone", "")};
  if (const auto policy = object.text("ingressPolicy")) {
    acceptance.policy = {.ingress = value_in(kPolicies, *policy), .bridge = required(object.text("bridge"))};
  }
  return acceptance;
}

Record to_record(const Json& object) {
  Record record;
  record.owner = {.network = required(object.text("network")),
                  .container = required(object.text("container")),
                  .ifname = required(object.text("ifname"))};
  record.boot = required(object.text("boot"));
  record.netns_path = object.text_or("netnsPath", "");
  if (const auto id = object.text("netns")) record.netns = required(ipam::parse_netns_id(*id));
  record.host_ifname = object.text_or("hostIfname", "");
  for (const std::string& text : object.texts("addresses")) {
    record.addresses.push_back(required(net::Cidr::parse(text)));
  }
  record.addresses_known = object.flag("addressesKnown");
  record.masquerade = object.flag("masquerade");
  record.mac_spoof_check = object.flag("macSpoofCheck");
  record.backend = firewall::parse_backend(object.text_or("backend", ""));
  record.ipam_type = object.text_or("ipamType", "");
  for (const Json& forward : object.list("portForwards")) record.port_forwards.push_back(to_port_forward(forward));
  if (const auto forwarding = object.object("forwarding")) record.forwarding = to_forwarding(*forwarding);
  record.mac = object.mac("mac");
  record.cable = object.text_or("cable", "");
  if (const auto acceptance = object.object("acceptance")) record.acceptance = to_acceptance(*acceptance);
  record.isolated_ports = object.texts("isolatedPorts");
  return record;
}

}  // namespace

std::string print_record(const Record& record) {
  json object{{"network", record.owner.network},
              {"container", record.owner.container},
              {"ifname", record.owner.ifname},
              {"boot", record.boot},
              {"netnsPath", record.netns_path},
              {"hostIfname", record.host_ifname},
              {"addresses", json::array()},
              {"addressesKnown", record.addresses_known},
              {"masquerade", record.masquerade},
              {"macSpoofCheck", record.mac_spoof_check},
              {"ipamType", record.ipam_type},
              {"portForwards", list_of(record.port_forwards)},
              {"cable", record.cable}};
  for (const net::Cidr& address : record.addresses) object["addresses"].push_back(address.to_string());
  if (record.backend) object["backend"] = firewall::to_string(*record.backend);
  if (record.forwarding) object["forwarding"] = to_json(*record.forwarding);
  if (record.acceptance) object["acceptance"] = to_json(*record.acceptance);
  if (!record.isolated_ports.empty()) object["isolatedPorts"] = record.isolated_ports;
  if (record.mac) object["mac"] = record.mac->to_string();
  if (record.netns) object["netns"] = ipam::to_string(*record.netns);
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<Record> parse_record(std::string_view text) {
  try {
    return to_record(Json::parse(text));
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace patchbay::attach

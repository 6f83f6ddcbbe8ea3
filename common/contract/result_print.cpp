// SPDX-License-Identifier: Apache-2.0
// Printing for every version, byte for byte as the reference suite does. One builder serves all
// shapes: up to 0.4.0 members stand in this order, from 1.0.0 on sorted by key.
#include "common/base/error.hpp"
#include "common/contract/detail/text.hpp"
#include "common/contract/result.hpp"

namespace patchbay::contract {
namespace {

using detail::ObjectText;

class Printer {
 public:
  explicit Printer(const Version& version) : version_(version), sorted_(version >= kFirstSorted) {}

  [[nodiscard]] std::string print(const Result& result) const {
    ObjectText top;
    top.text("cniVersion", version_.to_string());
    if (version_ < kFirstWithInterfaces) {
      add_pair(top, result);
    } else {
      add_lists(top, result);
    }
    // The reference cannot omit an empty struct before 1.0.0, where it does so by hand.
    if (!sorted_ || !result.dns.empty()) top.rendered("dns", print(result.dns));
    return top.render(sorted_);
  }

 private:
  Version version_;
  bool sorted_;

  void add_lists(ObjectText& top, const Result& result) const {
    top.list_unless_empty("interfaces", print_all(result.interfaces));
    top.list_unless_empty("ips", print_all(result.ips));
    top.list_unless_empty("routes", print_all(result.routes));
  }

  // The first address of each family with the routes of that family; the rest cannot be said.
  void add_pair(ObjectText& top, const Result& result) const {
    bool any = false;
    for (const auto family : {net::Family::v4, net::Family::v6}) {
      for (const IpConfig& ip : result.ips) {
        if (ip.address.family() != family) continue;
        top.rendered(family == net::Family::v4 ? "ip4" : "ip6", print_with_routes(ip, result.routes));
        any = true;
        break;
      }
    }
    if (any) return;
    throw Error{Code::incompatible_version, "cannot convert: no valid IP addresses"}
        .at("/cniVersion")
        .hint("results before version 0.3.0 hold addresses only: a network without them needs a newer cniVersion");
  }

  [[nodiscard]] std::string print_with_routes(const IpConfig& ip, const std::vector<Route>& routes) const {
    std::vector<std::string> own;
    for (const Route& route : routes) {
      if (route.dst.family() == ip.address.family()) own.push_back(print({.dst = route.dst, .gw = route.gw}));
    }
    return ObjectText{}
        .text("ip", ip.address.to_string())
        .text_unless_empty("gateway", to_text(ip.gateway))
        .list_unless_empty("routes", own)
        .render();
  }

  [[nodiscard]] std::string print(const Interface& interface) const {
    ObjectText text;
    text.text("name", interface.name).text_unless_empty("mac", interface.mac);
    if (interface.mtu > 0 && version_ >= kFirstWithMtu) text.number("mtu", interface.mtu);
    text.text_unless_empty("sandbox", interface.sandbox);
    if (sorted_)
      text.text_unless_empty("socketPath", interface.socket_path).text_unless_empty("pciID", interface.pci_id);
    return text.render(sorted_);
  }

  [[nodiscard]] std::string print(const IpConfig& ip) const {
    ObjectText text;
    if (!sorted_) text.text("version", ip.address.ip.is_v4() ? "4" : "6");
    if (ip.interface) text.number("interface", *ip.interface);
    text.text("address", ip.address.to_string()).text_unless_empty("gateway", to_text(ip.gateway));
    return text.render(sorted_);
  }

  [[nodiscard]] std::string print(const Route& route) const {
    ObjectText text;
    text.text("dst", route.dst.to_string()).text_unless_empty("gw", to_text(route.gw));
    if (route.mtu > 0) text.number("mtu", route.mtu);
    if (route.advmss > 0) text.number("advmss", route.advmss);
    if (route.priority.value_or(0) > 0) text.number("priority", *route.priority);
    if (route.table) text.number("table", *route.table);  // an explicit 0 is kept, as with scope
    if (route.scope) text.number("scope", *route.scope);
    return text.render(sorted_);
  }

  [[nodiscard]] std::string print(const Dns& dns) const {
    return ObjectText{}
        .list_unless_empty("nameservers", quote_all(dns.nameservers))
        .text_unless_empty("domain", dns.domain)
        .list_unless_empty("search", quote_all(dns.search))
        .list_unless_empty("options", quote_all(dns.options))
        .render(sorted_);
  }

  template <typename Element>
  [[nodiscard]] std::vector<std::string> print_all(const std::vector<Element>& elements) const {
    std::vector<std::string> texts;
    texts.reserve(elements.size());
    for (const Element& element : elements) texts.push_back(print(element));
    return texts;
  }

  static std::vector<std::string> quote_all(const std::vector<std::string>& texts) {
    std::vector<std::string> quoted;
    quoted.reserve(texts.size());
    for (const std::string& text : texts) quoted.push_back(detail::json_quote(text));
    return quoted;
  }

  static std::string to_text(const std::optional<net::Ip>& ip) { return ip ? ip->to_string() : std::string{}; }

  static constexpr Version kFirstWithMtu{1, 1, 0};
};

}  // namespace

std::string Result::print(const Version& version) const { return Printer{version}.print(*this); }

}  // namespace patchbay::contract

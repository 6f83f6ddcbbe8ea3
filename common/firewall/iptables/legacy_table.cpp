// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/iptables/legacy_table.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/base/error.hpp"
#include "common/firewall/iptables/detail/library.hpp"
#include "common/firewall/iptables/entry.hpp"
#include "common/firewall/iptables/names.hpp"
#include "common/os/file.hpp"

namespace patchbay::firewall::iptables {
namespace {

// One edit, with all that its opposite needs.
struct Edit {
  enum class Kind { created_chain, deleted_chain, inserted, erased } kind;
  std::string chain;
  std::size_t position = 0;
  Bytes entry;
};

template <typename Iptc>
class Iptables final : public LegacyTable {
 public:
  using Version = typename Iptc::Version;
  using Entry = typename Version::Entry;

  explicit Iptables(const TableId& id)
      : LegacyTable(id), iptc_(detail::library<Iptc>()), handle_(iptc_.init(std::string{id.name}.c_str()), iptc_.free) {
    if (!handle_) throw failure("cannot read it", errno);
  }

  bool has_chain(const std::string& chain) const override { return iptc_.is_chain(chain.c_str(), get()) != 0; }

  std::vector<std::string> chains() const override {
    std::vector<std::string> names;
    for (const char* name = iptc_.first_chain(get()); name != nullptr; name = iptc_.next_chain(get())) {
      if (iptc_.builtin(name, get()) == 0) names.emplace_back(name);
    }
    return names;
  }

  std::vector<Rule> rules(const std::string& chain) const override {
    std::vector<Rule> rules;
    if (!has_chain(chain)) return rules;
    for (const Entry* entry = first(chain); entry != nullptr; entry = iptc_.next_rule(entry, get())) {
      const char* target = iptc_.get_target(entry, get());
      rules.push_back(decode(family(), chain, entry, target, is_standard(entry, target)));
    }
    return rules;
  }

  bool has_rules(const std::string& chain) const override { return has_chain(chain) && first(chain) != nullptr; }

  void create_chain(const std::string& chain) override {
    if (iptc_.create_chain(Label{chain}.text, get()) == 0) throw failure("cannot create chain " + chain, errno);
    edits_.push_back({Edit::Kind::created_chain, chain, 0, {}});
  }

  void delete_chain(const std::string& chain) override {
    if (iptc_.delete_chain(Label{chain}.text, get()) == 0) throw failure("cannot delete chain " + chain, errno);
    edits_.push_back({Edit::Kind::deleted_chain, chain, 0, {}});
  }

  void insert(const Rule& rule, std::size_t position) override {
    check_target(rule);
    insert(rule.chain, encode(family(), rule), position);
  }

  void append(const Rule& rule) override {
    check_target(rule);
    const Bytes bytes = encode(family(), rule);
    if (iptc_.append_entry(Label{rule.chain}.text, as_entry(bytes), get()) == 0)
      throw failure("cannot add " + to_text(rule), errno);
    edits_.push_back({Edit::Kind::inserted, rule.chain, kLast, {}});
  }

  void erase(const std::string& chain, std::size_t position) override {
    Bytes bytes = copy_of(chain, position);
    if (iptc_.delete_num_entry(Label{chain}.text, static_cast<unsigned>(position), get()) == 0)
      throw failure("cannot delete rule " + std::to_string(position + 1) + " of " + chain, errno);
    edits_.push_back({Edit::Kind::erased, chain, position, std::move(bytes)});
  }

  bool changed() const override { return !edits_.empty(); }

  bool commit() override {
    if (!changed() || iptc_.commit(get()) != 0) return true;
    if (errno == EAGAIN) return false;
    throw failure("the kernel refuses the change", errno);
  }

  bool drops_by_default(const std::string& chain) const override {
    xt_counters counters;
    const char* policy = iptc_.get_policy(chain.c_str(), &counters, get());
    return policy != nullptr && std::string_view{policy} == "DROP";
  }

  void revert(const LegacyTable& other) override {
    const auto& edits = dynamic_cast<const Iptables&>(other).edits_;
    for (auto edit = edits.rbegin(); edit != edits.rend(); ++edit) revert(*edit);
  }

 private:
  static constexpr std::size_t kLast = SIZE_MAX;

  // libiptc's functions take arrays of this size.
  struct Label {
    explicit Label(const std::string& name) { std::memcpy(text, name.data(), std::min(name.size(), sizeof text - 1)); }
    xt_chainlabel text{};
  };

  xtc_handle* get() const { return handle_.get(); }
  const Entry* first(const std::string& chain) const { return iptc_.first_rule(chain.c_str(), get()); }
  static const Entry* as_entry(const Bytes& bytes) { return reinterpret_cast<const Entry*>(bytes.data()); }

  static const char* target_name(const Entry* entry) {
    const auto* target = reinterpret_cast<const char*>(entry) + entry->target_offset;
    return target + offsetof(xt_entry_target, u.user.name);
  }
  // What the kernel gave us has no name there; what we put in has its chain's.
  bool is_standard(const Entry* entry, const char* target) const {
    return *target_name(entry) == '\0' || has_chain(target);
  }

  // libiptc would take the name of a chain that is not there for an extension's.
  void check_target(const Rule& rule) const {
    const std::string* chain = rule.jump();
    if (chain == nullptr || has_chain(*chain)) return;
    throw Error{Code::firewall_refused,
                program() + ": there is no chain " + *chain + " in table " + std::string{id().name}}
        .hint("create it before, or do without externalSetMarkChain");
  }

  // So that it can be inserted again: with its target's name in place.
  Bytes copy_of(const std::string& chain, std::size_t position) const {
    const Entry* entry = first(chain);
    for (; entry != nullptr && position > 0; --position) entry = iptc_.next_rule(entry, get());
    if (entry == nullptr) return {};
    const auto* start = reinterpret_cast<const unsigned char*>(entry);
    Bytes bytes(start, start + entry->next_offset);
    // The kernel writes names up to their NUL only; what follows is whatever was there.
    xt_entry_target target;
    std::memcpy(&target, bytes.data() + entry->target_offset, sizeof target);
    std::memset(target.u.user.name, 0, sizeof target.u.user.name);
    const std::string_view name = iptc_.get_target(entry, get());
    std::memcpy(target.u.user.name, name.data(), std::min(name.size(), sizeof target.u.user.name - 1));
    std::memcpy(bytes.data() + entry->target_offset, &target, sizeof target);
    return bytes;
  }

  void insert(const std::string& chain, const Bytes& bytes, std::size_t position) {
    if (iptc_.insert_entry(Label{chain}.text, as_entry(bytes), static_cast<unsigned>(position), get()) == 0)
      throw failure("cannot insert a rule into " + chain, errno);
    edits_.push_back({Edit::Kind::inserted, chain, position, {}});
  }

  void revert(const Edit& edit) {
    switch (edit.kind) {
      case Edit::Kind::created_chain:
        return delete_chain(edit.chain);
      case Edit::Kind::deleted_chain:
        return create_chain(edit.chain);
      case Edit::Kind::erased:
        return insert(edit.chain, edit.entry, edit.position);
      case Edit::Kind::inserted:
        return erase(edit.chain, edit.position == kLast ? rules(edit.chain).size() - 1 : edit.position);
    }
  }

  std::string program() const { return family() == net::Family::v4 ? "iptables" : "ip6tables"; }

  Error failure(const std::string& what, int error_number) const {
    Error error{Code::firewall_refused, program() + ", table " + std::string{id().name} + ": " + what};
    error.reason(error_number, iptc_.strerror(error_number));
    if (error_number == ENOENT || error_number == ENOPROTOOPT) {
      error.hint(
          "this kernel lacks the table or something a rule needs (ip_tables, iptable_nat, iptable_raw, xt_comment, "
          "xt_addrtype, xt_multiport, xt_mark, xt_MASQUERADE); load it, or use the nftables backend");
    }
    if (error_number == EPERM) error.hint("CAP_NET_ADMIN is needed");
    return error;
  }

  const Iptc& iptc_;
  std::unique_ptr<xtc_handle, decltype(Iptc::free)> handle_;
  std::vector<Edit> edits_;
};

}  // namespace

std::unique_ptr<LegacyTable> open_legacy(const TableId& id) {
  if (id.family == net::Family::v4) return std::make_unique<Iptables<detail::Iptc4>>(id);
  return std::make_unique<Iptables<detail::Iptc6>>(id);
}

bool has_legacy(const TableId& id) {
  const auto names =
      os::read_proc(id.family == net::Family::v4 ? "/proc/net/ip_tables_names" : "/proc/net/ip6_tables_names");
  return ("\n" + names).find("\n" + std::string{id.name} + "\n") != std::string::npos;
}

std::optional<std::string> legacy_unavailable(net::Family family) {
  const std::string& failure =
      family == net::Family::v4 ? detail::failure_of<detail::Iptc4>() : detail::failure_of<detail::Iptc6>();
  return failure.empty() ? std::nullopt : std::optional{failure};
}

}  // namespace patchbay::firewall::iptables

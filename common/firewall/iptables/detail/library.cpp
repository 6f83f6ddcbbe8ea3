// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/iptables/detail/library.hpp"

#include <dlfcn.h>

#include "common/base/error.hpp"

namespace patchbay::firewall::iptables::detail {
namespace {

constexpr int kAttempts = 3;

// The library's functions, or why there are none.
template <typename Iptc>
struct Loaded {
  Iptc functions{};
  std::string failure;
};

std::string last_failure(const char* file) {
  const char* text = dlerror();
  return text == nullptr ? std::string{file} + " cannot be loaded" : text;
}

template <typename Iptc>
Loaded<Iptc> load() {
  Loaded<Iptc> loaded;
  void* file = nullptr;
  // The loader takes an interrupted read for the end of it.
  for (int attempt = 0; attempt < kAttempts && file == nullptr; ++attempt) {
    file = dlopen(Iptc::kFile, RTLD_NOW | RTLD_LOCAL);
  }
  if (file == nullptr) {
    loaded.failure = last_failure(Iptc::kFile);
    return loaded;
  }
  const auto resolve = [&]<typename Function>(Function& function, const char* name) {
    void* symbol = dlsym(file, (std::string{Iptc::kPrefix} + name).c_str());
    if (symbol == nullptr && loaded.failure.empty()) loaded.failure = last_failure(Iptc::kFile);
    function = reinterpret_cast<Function>(symbol);
  };
  Iptc& iptc = loaded.functions;
  resolve(iptc.init, "init");
  resolve(iptc.free, "free");
  resolve(iptc.commit, "commit");
  resolve(iptc.strerror, "strerror");
  resolve(iptc.is_chain, "is_chain");
  resolve(iptc.builtin, "builtin");
  resolve(iptc.first_chain, "first_chain");
  resolve(iptc.next_chain, "next_chain");
  resolve(iptc.first_rule, "first_rule");
  resolve(iptc.next_rule, "next_rule");
  resolve(iptc.get_target, "get_target");
  resolve(iptc.create_chain, "create_chain");
  resolve(iptc.delete_chain, "delete_chain");
  resolve(iptc.insert_entry, "insert_entry");
  resolve(iptc.append_entry, "append_entry");
  resolve(iptc.delete_num_entry, "delete_num_entry");
  resolve(iptc.get_policy, "get_policy");
  return loaded;
}

template <typename Iptc>
const Loaded<Iptc>& loaded() {
  static const Loaded<Iptc> once = load<Iptc>();
  return once;
}

}  // namespace

bool can_load() { return true; }

template <typename Iptc>
const std::string& failure_of() {
  return loaded<Iptc>().failure;
}

template const std::string& failure_of<Iptc4>();
template const std::string& failure_of<Iptc6>();

template <typename Iptc>
const Iptc& library() {
  const auto& once = loaded<Iptc>();
  if (once.failure.empty()) return once.functions;
  throw Error{Code::feature_missing, "the iptables backend needs " + std::string{Iptc::kFile} + ": " + once.failure}
      .hint(
          "install the distribution's iptables library (Debian: libip4tc2 and libip6tc2), or use the nftables backend");
}

template const Iptc4& library<Iptc4>();
template const Iptc6& library<Iptc6>();

}  // namespace patchbay::firewall::iptables::detail

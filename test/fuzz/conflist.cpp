// SPDX-License-Identifier: Apache-2.0
// Files in /etc/cni/net.d, as the tool reads them.
#include "tools/patchbay/conflist.hpp"

#include "common/contract/request.hpp"
#include "test/fuzz/fuzz.hpp"

using namespace patchbay;
using namespace patchbay::fuzz;

namespace {

void examine(const cli::NetworkConfig& config) {
  require(accepts([&] { contract::validate_network_name(config.name); }), "a network has a name");
  for (const cli::PluginConfig& plugin : config.plugins) {
    require(!plugin.type.empty() && plugin.type.find('/') == std::string::npos, "a type is a file's name");
    require(plugin.body.is_object(), "a plugin's configuration is an object");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of({data, size});
  if (const auto list = attempt([&] { return cli::parse_conflist(text); })) {
    examine(*list);
    require(list->text == text, "a list is kept as it was written");
  }
  attempt([&] { return cli::parse_plugin(text); });
  if (const auto single = attempt([&] { return cli::parse_single(text); })) {
    examine(*single);
    const cli::NetworkConfig list = cli::parse_conflist(single->text);
    require(list.name == single->name && list.version == single->version && list.plugins.size() == 1,
            "a single configuration is a list of one");
  }
  return 0;
}

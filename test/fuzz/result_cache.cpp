// SPDX-License-Identifier: Apache-2.0
// The result cache that this tool shares with libcni's runtimes.
#include <nlohmann/json.hpp>

#include "test/fuzz/fuzz.hpp"
#include "tools/patchbay/base64.hpp"
#include "tools/patchbay/cache.hpp"

using namespace patchbay;
using namespace patchbay::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{text_of({data, size})};
  if (const auto bytes = cli::from_base64(text)) {
    require(cli::to_base64(*bytes) == text, "bytes are encoded in one way only");
  }
  require(cli::from_base64(cli::to_base64(text)) == text, "bytes that were encoded are decoded as themselves");

  const Owner asked{.network = "net", .container = "c1", .ifname = "eth0"};
  const auto entry = attempt([&] { return cli::parse_entry(text, asked); });
  if (!entry) return 0;
  attempt([&] { return cli::result_as(*entry, {1, 1, 0}); });
  const std::string printed = cli::print_entry(*entry);
  const cli::CacheEntry again = cli::parse_entry(printed, asked);
  require(again.attachment.owner == entry->attachment.owner, "an entry keeps its owner");
  require(again.config == entry->config, "an entry keeps its configuration");
  require(cli::print_entry(again) == printed, "an entry that was written reads as what it says");
  return 0;
}

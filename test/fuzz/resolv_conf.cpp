// SPDX-License-Identifier: Apache-2.0
// A resolv.conf(5) that the configuration names.
#include "common/attach/resolv_conf.hpp"

#include "test/fuzz/fuzz.hpp"

using namespace patchbay;
using namespace patchbay::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of({data, size});
  const contract::Dns dns = attach::parse_resolv_conf(text);
  std::size_t bytes = dns.domain.size();
  for (const auto* list : {&dns.nameservers, &dns.search, &dns.options}) {
    for (const std::string& word : *list) {
      require(!word.empty() && word.find_first_of(" \t\n\r\v\f") == word.npos, "a word is one");
      bytes += word.size() + 1;
    }
  }
  require(bytes <= text.size(), "nothing is there that the file does not say");
  return 0;
}

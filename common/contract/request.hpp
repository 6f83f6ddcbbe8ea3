// SPDX-License-Identifier: Apache-2.0
// What a runtime asks: CNI_* environment and the configuration on stdin, parsed and validated.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/owner.hpp"
#include "common/contract/json.hpp"
#include "common/contract/result.hpp"
#include "common/contract/version.hpp"

namespace patchbay::contract {

enum class Command { add, del, check, gc, status, version };
std::string_view to_string(Command command);  // "ADD" …

// CNI_ARGS: "KEY=VALUE;KEY=VALUE", keys case-sensitive. A plugin names the keys it knows; others
// are an error unless IgnoreUnknown=1|true is among them (upstream-compatible).
class Args {
 public:
  static Args parse(std::string_view text);
  [[nodiscard]] std::optional<std::string> find(std::string_view key) const;
  void refuse_unknown(std::vector<std::string_view> known) const;

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;  // as given; of equal keys the last counts
  bool ignore_unknown_ = false;
};

struct Request {
  Command command{};
  Owner owner;                     // container and ifname are empty for GC and STATUS
  std::string netns;               // CNI_NETNS as given; may be empty for DEL
  bool own_netns_allowed = false;  // CNI_NETNS_OVERRIDE
  Args args;
  std::vector<std::string> plugin_path;  // CNI_PATH, split
  Version version;                       // of the configuration; 0.1.0 when absent
  Json config;                           // the whole stdin document
  std::string input;                     // the same, verbatim, for delegates

  [[nodiscard]] std::optional<Json> runtime_config(std::string_view key) const;  // /runtimeConfig/<key>
  [[nodiscard]] std::optional<Json> cni_args(std::string_view key) const;        // /args/cni/<key>
  // /prevResult, parsed as the configuration's version.
  [[nodiscard]] std::optional<Result> previous_result() const;
  // The same; throws invalid_config "needs the result of an earlier plugin" when absent.
  [[nodiscard]] Result required_previous_result() const;
  // GC: cni.dev/valid-attachments (or the historical cni.dev/attachments), as owners of this network.
  // nullopt when neither key is there, which GC must treat as a refusal, not as "none is valid". That is
  // what null means: Go's empty list, as CRI-O sends it when it has no pods.
  [[nodiscard]] std::optional<Owners> valid_attachments() const;
};

// From environ and `input`, which is what stdin held. Order of checks, codes and messages as in
// upstream-compatible skel: invalid names (4), missing variables all at once (4), JSON (6), network
// name (7), version (1). Bounds: kMaxInput bytes of input, container IDs of 253 bytes.
Request read_request(Command command, std::string input);

// Rules of the specification for names; throw with the code the reference uses.
void validate_container_id(std::string_view id);
void validate_ifname(std::string_view name);
void validate_network_name(std::string_view name);
// For `ipam.type` and the like: no '/', not "." or "..": invalid_config at `pointer`.
void validate_plugin_type(std::string_view type, const std::string& pointer);

}  // namespace patchbay::contract

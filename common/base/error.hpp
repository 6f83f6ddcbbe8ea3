// SPDX-License-Identifier: Apache-2.0
// What went wrong, told so that an operator can act on it.
//
// There is one exception type. It is thrown where the failure is understood, gathers context
// while the stack unwinds, and becomes JSON in one place only (contract::run).
// Absence is std::optional, never an exception.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace patchbay {

// Codes 1-99 are those of the CNI specification 1.1.0, section "Error"; ours start at 100 and are
// documented in docs/errors.md.
enum class Code : int {
  incompatible_version = 1,
  unsupported_field = 2,
  unknown_container = 3,
  invalid_environment = 4,
  io_failure = 5,
  decode_failure = 6,
  invalid_config = 7,
  invalid_netns = 8,
  try_again = 11,
  not_available = 50,
  limited_connectivity = 51,

  kernel_refused = 100,       // a netlink request was refused
  firewall_refused = 101,     // a netfilter transaction was refused
  pool_exhausted = 102,       // no address left in a range set
  address_unavailable = 103,  // a requested address is taken, reserved or outside the ranges
  host_port_taken = 104,      // another live attachment owns this host port
  delegate_failed = 105,      // a delegated plugin could not be run or did not answer properly
  drift = 106,                // CHECK: the node is not as ADD left it
  interface_exists = 107,     // the container already has an interface of this name
  sysctl_refused = 108,       // a kernel setting that safety depends on could not be made
  bridge_conflict = 109,      // the bridge exists, but not as this network needs it
  leftover = 110,             // DEL or GC: something is known to remain
  feature_missing = 111,      // this kernel lacks what the configuration asks for
  internal = 199,             // a defect of ours
};

class Error : public std::exception {
 public:
  Error(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  // `throw Error{Code::invalid_config, "mtu is out of range"}.at("/mtu").expected("0..65535");`
  Error& at(std::string json_pointer) { return pointer_ = std::move(json_pointer), *this; }
  Error& expected(std::string what) { return expected_ = std::move(what), *this; }
  Error& hint(std::string what_to_do) { return hint_ = std::move(what_to_do), *this; }
  Error& reason(int error_number, std::string kernel_says = {}) {
    errno_ = error_number;
    return kernel_says_ = std::move(kernel_says), *this;
  }
  // What was being done, outermost last: "attach vethab12 to bridge cni0".
  Error& context(std::string doing) { return context_.push_back(std::move(doing)), *this; }

  [[nodiscard]] Code code() const { return code_; }
  [[nodiscard]] int error_number() const { return errno_; }
  [[nodiscard]] const std::string& pointer() const { return pointer_; }
  // One line: context, message, errno in words. The "msg" of the CNI error object.
  [[nodiscard]] std::string summary() const;
  // Pointer, expectation, kernel's own words and hint. The "details" of the CNI error object.
  [[nodiscard]] std::string details() const;

  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

 private:
  Code code_;
  int errno_ = 0;
  std::string message_, pointer_, expected_, hint_, kernel_says_;
  std::vector<std::string> context_;
};

// Runs `work`; an Error that leaves it carries `doing` as one more line of context.
template <typename Work>
decltype(auto) with_context(std::string_view doing, Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (Error& error) {
    error.context(std::string{doing});
    throw;
  }
}

// An Error about a system call: message plus errno in words.
Error system_error(Code code, std::string message, int error_number);

// "Device or resource busy" for EBUSY and so on; no locale involved.
std::string describe_errno(int error_number);

}  // namespace patchbay

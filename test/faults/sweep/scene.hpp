// SPDX-License-Identifier: Apache-2.0
// A node of its own for one trial: blue, the neighbour; red, to whom things happen; green, who waits for red's
// address and host port.
#pragma once

#include <memory>
#include <optional>

#include "test/faults/injector/injector.hpp"
#include "test/faults/state/state.hpp"
#include "test/faults/sweep/case.hpp"
#include "test/support/fake_firewalld.hpp"
#include "test/support/world.hpp"

namespace patchbay::faults {

inline const std::string kBlue = "blue", kRed = "red", kGreen = "green";

class Scene {
 public:
  explicit Scene(const Case& of);

  struct Ask {
    std::string verb;
    std::size_t plugin = 0;  // of the chain
    std::string who;         // "" where no container is meant: GC, STATUS
    nlohmann::json previous = nullptr;
  };
  test::Ran call(const Ask& ask);
  Observation observe(const Ask& ask, const std::optional<Fault>& fault);

  // From the plugin `first` of the chain on, as a runtime does. Stops at a failure, which is returned.
  test::Ran add(const std::string& who, std::size_t first = 0, nlohmann::json previous = nullptr);
  // Without prevResult, every plugin up to `last`, in reverse. The worst of what they said.
  test::Ran del(const std::string& who);
  test::Ran del(const std::string& who, std::size_t plugins);
  test::Ran check(const std::string& who);
  test::Ran gc(std::size_t first = 0);  // only blue is valid

  void attach(const std::string& who);  // throws unless it succeeds
  [[nodiscard]] const nlohmann::json& result(const std::string& who) const { return results_.at(who); }
  void set_result(const std::string& who, nlohmann::json result) { results_[who] = std::move(result); }

  State state();
  // What is left when the kernel has had the time to finish: "" as soon as it is as it was.
  std::string settled_difference(const State& before, const std::function<State(State)>& relevant = {});
  bool is_reached(const std::string& who);

  [[nodiscard]] std::size_t size() const { return case_->plugins.size(); }
  [[nodiscard]] const std::string& slowest() const { return slowest_; }  // a call of more than 5 s; "" if none

 private:
  [[nodiscard]] nlohmann::json config(const Ask& ask) const;
  test::Ran perform(const Ask& ask);

  const Case* case_;
  test::World world_;
  std::unique_ptr<test::FakeFirewalld> firewalld_;
  std::map<std::string, nlohmann::json> results_;
  std::string slowest_;
};

inline constexpr std::chrono::seconds kLongest{5};

}  // namespace patchbay::faults

// SPDX-License-Identifier: Apache-2.0
#include "test/faults/sweep/trial.hpp"

#include <poll.h>

#include "test/faults/sweep/scene.hpp"

namespace patchbay::faults {
namespace {

using nlohmann::json;
using test::Ran;

constexpr int kBySignal = 128;

std::string words(const Ran& ran) { return "exit " + std::to_string(ran.exit_code) + ": " + ran.out + ran.err; }

bool succeeded(const Observation& observation) { return observation.ran.exit_code == 0; }

// Exactly one error object on stdout.
bool tells_why(const Ran& ran) {
  const auto said = json::parse(ran.out, nullptr, false);
  return said.is_object() && said.contains("code") && said.contains("msg");
}

class Course {
 public:
  explicit Course(const Trial& trial) : trial_(trial), scene_(*trial.of) {}

  Verdict run() {
    if (!trial_.of->first) scene_.attach(kBlue);
    before_ = scene_.state();
    if (trial_.verb == "ADD") {
      add();
    } else if (trial_.verb == "DEL") {
      del();
    } else if (trial_.verb == "GC") {
      collect();
    } else {
      look();
    }
    if (!scene_.slowest().empty()) verdict_.complain("hang", scene_.slowest() + " took more than 5 s");
    return std::move(verdict_);
  }

 private:
  [[nodiscard]] bool lasts() const { return trial_.fault && trial_.fault->lasts(); }
  [[nodiscard]] Observation& seen() { return verdict_.observation; }

  void observe(const Scene::Ask& ask) {
    verdict_.observation = scene_.observe(ask, trial_.fault);
    const bool died = seen().ran.exit_code > kBySignal;
    if (died && !is_killed()) verdict_.complain("crash", words(seen().ran));
    const bool refused = !succeeded(seen()) && !died;
    if (refused && !seen().before_main && !stdout_is_gone() && !tells_why(seen().ran)) {
      verdict_.complain("no-json", words(seen().ran));
    }
    if (!trial_.fault && !succeeded(seen()) && trial_.verb != "DRIFT") verdict_.complain("baseline", words(seen().ran));
    const bool harmless =
        trial_.fault && (trial_.fault->mode == Mode::interrupted || trial_.fault->mode == Mode::shortened);
    if (harmless && refused && !seen().before_main && trial_.verb != "DRIFT") {
      verdict_.complain("interrupted-fails", words(seen().ran));
    }
  }

  // As was to be; or by the C library, which may take long to fall over what befell it before main().
  [[nodiscard]] bool is_killed() {
    if (!trial_.fault || seen().ran.exit_code <= kBySignal) return false;
    if (seen().before_main) return true;
    const Mode mode = trial_.fault->mode;
    return mode == Mode::kill_tree || mode == Mode::kill_one || mode == Mode::terminate;
  }

  // The result, or the error, has nowhere to go.
  [[nodiscard]] bool stdout_is_gone() {
    return trial_.fault && trial_.fault->place.call == "write" && !seen().detail.starts_with("/proc/") &&
           seen().detail.find("memfd:stdout") != std::string::npos;
  }

  void add() {
    json previous = nullptr;
    for (std::size_t plugin = 0; plugin < trial_.plugin; ++plugin) {
      const Ran ran = scene_.call({.verb = "ADD", .plugin = plugin, .who = kRed, .previous = previous});
      previous = ran.json();
    }
    const State middle = trial_.plugin == 0 ? before_ : scene_.state();
    observe({.verb = "ADD", .plugin = trial_.plugin, .who = kRed, .previous = previous});
    if (succeeded(seen())) {
      finish_add();
    } else if (!is_killed()) {
      must_be_as(middle, "left-before-del");
    }
    clean_up();
  }

  void finish_add() {
    json result = json::parse(seen().ran.out, nullptr, false);
    if (result.is_discarded()) return verdict_.complain("false-ok", words(seen().ran));
    scene_.set_result(kRed, result);
    if (trial_.plugin + 1 < scene_.size()) {
      const Ran rest = scene_.add(kRed, trial_.plugin + 1, result);
      if (rest.exit_code != 0) return verdict_.complain("false-ok", "the next plugin: " + words(rest));
    }
    const Ran check = scene_.check(kRed);
    if (check.exit_code != 0) verdict_.complain("check-lies", "ADD succeeded: " + words(check));
    if (!scene_.is_reached(kRed)) verdict_.complain("false-ok", "ADD succeeded, red cannot be reached");
  }

  // As it was - unless the cause lasts, and it says that it could not undo everything.
  void must_be_as(const State& wanted, const char* check) {
    // An ADD whose result nobody hears of is taken back by a DEL.
    const std::string left = difference_to(wanted, trial_.plugin != 0 || stdout_is_gone());
    if (left.empty()) return;
    const bool told = !seen().ran.err.empty() || seen().ran.out.find("left behind") != std::string::npos;
    if (lasts() && told) return;
    verdict_.complain(check, words(seen().ran) + "\n" + left);
  }

  // With the node's own things left aside where there was nobody before.
  std::string difference_to(const State& wanted, bool also_bridge) {
    if (!trial_.of->first) return scene_.settled_difference(wanted);
    return scene_.settled_difference(wanted,
                                     [&](State state) { return without_shared(std::move(state), kRed, also_bridge); });
  }

  bool blue_is_lost() { return !trial_.of->first && !scene_.is_reached(kBlue); }

  void clean_up() {
    if (blue_is_lost()) verdict_.complain("neighbour", "blue cannot be reached after the fault");
    const bool by_gc = trial_.ending == Ending::gc;
    const Ran ran = by_gc ? scene_.gc() : scene_.del(kRed);
    if (ran.exit_code != 0) verdict_.complain(by_gc ? "gc-fails" : "del-fails", words(ran));
    conclude();
  }

  // Red has gone; green comes.
  void conclude() {
    const std::string left = difference_to(before_, true);
    if (!left.empty()) verdict_.complain("leak", left);
    if (blue_is_lost()) verdict_.complain("neighbour", "blue cannot be reached in the end");
    const Ran next = scene_.add(kGreen);
    if (next.exit_code != 0) return verdict_.complain("next-add", words(next));
    if (!scene_.is_reached(kGreen)) verdict_.complain("next-add", "green cannot be reached");
  }

  void del() {
    json previous = nullptr;
    State wanted = before_;
    for (std::size_t plugin = 0; plugin < scene_.size(); ++plugin) {
      if (plugin == trial_.plugin) wanted = scene_.state();
      previous = scene_.call({.verb = "ADD", .plugin = plugin, .who = kRed, .previous = previous}).json();
    }
    scene_.set_result(kRed, previous);
    for (std::size_t plugin = scene_.size(); plugin-- > trial_.plugin + 1;) {
      const Ran ran = scene_.call({.verb = "DEL", .plugin = plugin, .who = kRed, .previous = previous});
      if (ran.exit_code != 0) return verdict_.complain("baseline", words(ran));
    }
    observe({.verb = "DEL", .plugin = trial_.plugin, .who = kRed, .previous = previous});
    if (!succeeded(seen())) {
      if (trial_.plugin + 1 == scene_.size()) compare_check();
      return clean_up();
    }
    const std::string left = difference_to(wanted, true);
    if (!left.empty()) verdict_.complain("false-ok", "DEL succeeded\n" + left);
    const Ran rest = scene_.del(kRed, trial_.plugin);
    if (rest.exit_code != 0) verdict_.complain("del-fails", words(rest));
    conclude();
  }

  // CHECK may find a fault where there is a trace of one; it may not praise what does not work.
  void compare_check() {
    if (scene_.check(kRed).exit_code == 0 && !scene_.is_reached(kRed)) {
      verdict_.complain("check-lies", "CHECK succeeds, red cannot be reached");
    }
  }

  void collect() {
    scene_.attach(kRed);
    for (std::size_t plugin = 0; plugin < trial_.plugin; ++plugin) {
      const Ran ran = scene_.call({.verb = "GC", .plugin = plugin});
      if (ran.exit_code != 0) return verdict_.complain("baseline", words(ran));
    }
    observe({.verb = "GC", .plugin = trial_.plugin});
    const bool done = succeeded(seen());
    const Ran rest = scene_.gc(done ? trial_.plugin + 1 : 0);
    if (rest.exit_code != 0) verdict_.complain("gc-fails", words(rest));
    if (trial_.of->contact == Contact::by_loopback) return;  // which it does not collect
    const std::string left = difference_to(before_, true);
    if (!left.empty() && done) verdict_.complain("false-ok", "GC succeeded\n" + left);
    conclude();
  }

  // CHECK, STATUS, VERSION: they change nothing, and say what is so.
  void look() {
    const bool drift = trial_.verb == "DRIFT";
    const bool check = drift || trial_.verb == "CHECK";
    if (check) scene_.attach(kRed);  // or there would be no address left, as STATUS has to say
    const json previous = check ? scene_.result(kRed) : json{};
    if (drift) scene_.call({.verb = "DEL", .plugin = trial_.plugin, .who = kRed, .previous = previous});
    const State present = drift ? settled() : scene_.state();
    observe({.verb = drift ? "CHECK" : trial_.verb, .plugin = trial_.plugin, .who = kRed, .previous = previous});
    if (drift && succeeded(seen())) verdict_.complain("check-lies", "CHECK succeeded after a DEL");
    const std::string changed = scene_.settled_difference(present);
    if (!changed.empty()) verdict_.complain("changed", changed);
    if (drift || !check) return;
    const Ran again = scene_.check(kRed);
    if (again.exit_code != 0) verdict_.complain("check-lies", words(again));
  }

  // When elements that are leaving have gone.
  State settled() {
    State last = scene_.state();
    for (int i = 0; i < 10; ++i) {
      poll(nullptr, 0, 10);
      State now = scene_.state();
      if (now == last) break;
      last = std::move(now);
    }
    return last;
  }

  const Trial& trial_;
  Scene scene_;
  State before_;
  Verdict verdict_;
};

}  // namespace

Verdict perform(const Trial& trial) {
  try {
    return Course{trial}.run();
  } catch (const std::exception& error) {
    Verdict verdict{.failed_itself = true};
    verdict.complain("harness", error.what());
    return verdict;
  }
}

}  // namespace patchbay::faults

// SPDX-License-Identifier: Apache-2.0
#include "test/conformance/run_case.hpp"

#include <algorithm>
#include <set>
#include <sstream>
#include <stdexcept>

#include "common/netlink/link.hpp"
#include "common/os/deadline.hpp"
#include "test/conformance/observation.hpp"
#include "test/conformance/runtime.hpp"

namespace patchbay::test::conformance {

namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

Words words_of(const std::string& text) {
  std::istringstream stream{text};
  Words words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// What follows the first `count` words: a shell command.
std::string after_words(const std::string& text, int count) {
  std::size_t at = 0;
  for (; count > 0; --count) at = text.find(' ', at) + 1;
  return text.substr(at);
}

class Run {
 public:
  Run(const Case& item, const Suite& suite) : runtime_(world_, item, suite) {
    if (!item.prepare.empty()) world_.sh(item.prepare);
  }

  void step(const std::string& text) {
    const Words words = words_of(text);
    if (words[0] == "observe") return observe_now();
    last_ = text;
    std::replace(last_.begin(), last_.end(), '/', '|');  // a part of names of facts
    if (words[0] == "on-the-node") {
      world_.sh(after_words(text, 1));
    } else if (words[0] == "in-namespace") {
      ensure_netns(words.at(1));
      world_.sh_in(words[1], after_words(text, 2));
    } else if (words[0] == "remove-netns") {
      remove_netns(words.at(1));
    } else {
      call_plugins(words);
    }
  }

  Facts take_facts() { return std::move(facts_); }

 private:
  // Made when first spoken of; once removed it stays away.
  std::string ensure_netns(const std::string& container) {
    if (known_.insert(container).second) {
      world_.netns(container);
      alive_.push_back(container);
    }
    return "/run/netns/" + container;
  }

  // The kernel dissolves a namespace in its own time: waits for the host ends of its cables to go.
  void remove_netns(const std::string& container) {
    netlink::Socket events;
    netlink::links::subscribe(events);
    world_.remove_netns(container);
    std::erase(alive_, container);
    const auto gone = [&](const auto&) { return !tokens_.any_link_of(container); };
    if (!gone(0) && !events.wait_for(os::Deadline::in(std::chrono::seconds{10}), gone))
      throw std::runtime_error{"the namespace of " + container + " does not go"};
  }

  Target target(const Words& words) {
    Target target{.container = words.at(1), .netns = ensure_netns(words[1])};
    for (auto word = words.begin() + 2; word != words.end(); ++word) {
      if (word->starts_with("netns=")) {
        target.netns = word->substr(6);
      } else if (*word == "without-prevResult") {
        target.with_previous_result = false;
      } else {
        target.ifname = *word;
      }
    }
    return target;
  }

  void call_plugins(const Words& words) {
    if (words[0] == "add") {
      const Ran ran = runtime_.add(target(words));
      tokens_.learn(world_, alive_);
      if (ran.exit_code == 0) note_result(ran.out);
      note_outcome(ran);
    } else if (words[0] == "check") {
      note_outcome(runtime_.check(target(words)));
    } else if (words[0] == "del") {
      note_outcome(runtime_.del(target(words)));
    } else if (words[0] == "gc") {
      note_outcome(runtime_.gc());
    } else if (words[0] == "status") {
      note_outcome(runtime_.status());
    } else {
      throw std::runtime_error{"not a step: " + words[0]};
    }
  }

  void note_result(const std::string& out) {
    add(facts_, last_ + "/result", flatten(json::parse(tokens_.apply(out))));
    add(facts_, last_ + "/text", {{"indent", out.substr(0, out.find('"'))}, {"end", out.substr(out.rfind('}') + 1)}});
  }

  void note_outcome(const Ran& ran) {
    Fields fields{{"exit code", std::to_string(ran.exit_code)}};
    if (ran.exit_code != 0) {
      const auto error = json::parse(ran.out, nullptr, false);
      const bool is_error = error.is_object() && error.contains("code");
      fields["code"] = is_error ? error["code"].dump() : "no error object: " + ran.out;
      fields["says why"] = is_error && !error.value("msg", "").empty() ? "yes" : "no";
    }
    add(facts_, last_ + "/outcome", std::move(fields));
  }

  void observe_now() {
    tokens_.learn(world_, alive_);
    const std::string after = "after " + last_;
    std::string prefix = after;
    for (int number = 2; !prefixes_.insert(prefix).second; ++number) prefix = after + " #" + std::to_string(number);
    facts_.merge(observe(world_, prefix, alive_, tokens_));
  }

  World world_;
  Runtime runtime_;
  std::set<std::string> known_;
  Words alive_;
  Tokens tokens_;
  std::string last_ = "nothing";
  std::set<std::string> prefixes_;
  Facts facts_;
};

}  // namespace

Facts run_case(const Case& item, const Suite& suite) {
  Run run{item, suite};
  for (const auto& step : item.steps) run.step(step);
  return run.take_facts();
}

}  // namespace patchbay::test::conformance

// SPDX-License-Identifier: Apache-2.0
#include "test/hostile/case.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "test/hostile/text.hpp"

namespace patchbay::test::hostile {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

const fs::path kTables = fs::path{PATCHBAY_SOURCE} / "test/hostile/cases";

Expectation parse_expectation(const json& told) {
  Expectation expected;
  if (told == "succeeds") return expected;
  if (told.contains("refused")) {
    expected.kind = Expectation::Kind::refused;
    expected.codes = {told.at("refused").get<int>()};
  } else if (told.contains("either")) {
    expected.kind = Expectation::Kind::either;
    expected.codes = told.value("codes", std::vector<int>{});
  } else if (told.contains("unheard")) {
    expected.kind = Expectation::Kind::unheard;
    expected.says = told.at("unheard");
  } else {
    static_cast<void>(told.at("accepted").get<std::string>());  // nothing is accepted without a reason
  }
  if (told.contains("at")) expected.pointer = told.at("at").get<std::string>();
  if (told.contains("says")) expected.says = told.at("says");
  return expected;
}

std::string shortened(std::string text) {
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

// What people take for it.
const std::vector<json>& values_but_of(const std::string& type) {
  static const std::map<std::string, std::vector<json>> kMistaken{{"text", {7, json::array({"x"})}},
                                                                  {"flag", {"true", 1}},
                                                                  {"number", {"7", json::object()}},
                                                                  {"list", {json::object(), "x"}},
                                                                  {"object", {json::array(), "x"}}};
  return kMistaken.at(type);
}

class Loader {
 public:
  Loader(std::string theme, json base) : theme_(std::move(theme)), base_(std::move(base)) {}

  void load(const json& entry) {
    json told = base_;
    told.update(entry);
    if (!told.contains("healthy")) told["healthy"] = expanded(base_.value("config", json::object()));
    if (told.contains("types")) return add_types(told);
    told["config"] = expanded(told.value("config", json::object()));
    if (told.contains("set")) told["config"].merge_patch(expanded(told.at("set")));
    if (told.contains("field")) return add_values(told, told.at("field"), told.at("values"));
    if (!told.contains("deny")) return add(told);
    const std::string title = told.value("name", "");
    const json calls = told.at("deny");
    for (const std::string call : calls) {
      told["deny"] = call;
      told["name"] = title + call + " says " + std::string{told.at("with")};
      add(told);
    }
  }

  std::vector<Case> cases;

 private:
  void add(const json& told) {
    if (!told.contains("name")) throw std::runtime_error{theme_ + ": a case without name: " + told.dump()};
    Case item{theme_, told.at("name"), told, parse_expectation(told.at("expect")),
              parse_expectation(told.value("del", json("succeeds")))};
    cases.push_back(std::move(item));
  }

  void add_values(json told, const std::string& field, const json& values) {
    const int code = told.at("expect").value("refused", 0);
    const bool points = code == 6 || code == 7;  // decode failure, invalid configuration
    if (points && !told.at("expect").contains("at")) told["expect"]["at"] = field;
    const std::string title = told.contains("name") ? told.at("name").get<std::string>() + ": " : "";
    told["field"] = field;
    for (const json& value : values) {
      told["value"] = expanded(value);
      told["name"] = title + field + " = " + shortened(value.dump());
      add(told);
    }
  }

  void add_types(const json& told) {
    for (const auto& [pointer, type] : told.at("types").items()) {
      json each = told;
      each.erase("types");
      each["expect"] = {{"refused", 6}};
      each["field"] = pointer;
      each["values"] = values_but_of(type);
      each["config"] = expanded(told.at("config"));
      if (each.contains("set")) each["config"].merge_patch(expanded(each.at("set")));
      each.erase("set");
      add_values(each, pointer, each.at("values"));
    }
  }

  std::string theme_;
  json base_;
};

}  // namespace

std::string Case::text(const char* member, const char* otherwise) const {
  const auto found = told.find(member);
  return found == told.end() ? otherwise : to_text(*found);
}

std::vector<std::string> themes() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator{kTables}) names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<Case> load_cases(const std::string& theme) {
  std::ifstream file{kTables / (theme + ".json")};
  const json table = json::parse(file);
  Loader loader{theme, table.at("base")};
  for (const json& entry : table.at("cases")) loader.load(entry);
  return std::move(loader.cases);
}

}  // namespace patchbay::test::hostile

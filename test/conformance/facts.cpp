// SPDX-License-Identifier: Apache-2.0
#include "test/conformance/facts.hpp"

#include <algorithm>
#include <set>

namespace patchbay::test::conformance {

namespace {

using nlohmann::json;

std::string text(const json& leaf) { return leaf.is_string() ? leaf.get<std::string>() : leaf.dump(); }

std::string join_sorted(const json& list) {
  std::set<std::string> sorted;
  for (const json& element : list) sorted.insert(text(element));
  std::string all;
  for (const auto& element : sorted) all += (all.empty() ? "" : " ") + element;
  return all;
}

void flatten_into(Fields& fields, const std::string& path, const json& value) {
  const auto below = [&](const std::string& key) { return path.empty() ? key : path + "/" + key; };
  if (value.empty() || !value.is_structured()) {
    fields[path] = text(value);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) flatten_into(fields, below(std::to_string(i)), value[i]);
  } else {
    for (const auto& [key, element] : value.items()) {
      if (key == "flags" && element.is_array()) {
        fields[below(key)] = join_sorted(element);
      } else {
        flatten_into(fields, below(key), element);
      }
    }
  }
}

std::string in_one_line(const Fields& fields) {
  std::string all;
  for (const auto& [field, value] : fields) {
    if (!all.empty()) all += ", ";
    all += field.empty() ? value : field + "=" + value;
  }
  return all;
}

template <typename Map>
std::set<std::string> keys(const Map& one, const Map& other) {
  std::set<std::string> all;
  for (const auto& [key, value] : one) all.insert(key);
  for (const auto& [key, value] : other) all.insert(key);
  return all;
}

std::string value_of(const Fields& fields, const std::string& field) {
  const auto found = fields.find(field);
  return found == fields.end() ? kNone : found->second;
}

void compare_fields(const std::string& object, const Fields& reference, const Fields& ours,
                    std::vector<Difference>& differences) {
  for (const auto& field : keys(reference, ours)) {
    Difference difference{field.empty() ? object : object + "/" + field, value_of(reference, field),
                          value_of(ours, field)};
    if (difference.reference != difference.ours) differences.push_back(std::move(difference));
  }
}

}  // namespace

Fields flatten(const json& value) {
  Fields fields;
  flatten_into(fields, "", value);
  return fields;
}

void add(Facts& facts, const std::string& object, Fields fields) {
  std::string name = object;
  for (int number = 2; facts.contains(name); ++number) name = object + " #" + std::to_string(number);
  facts[name] = std::move(fields);
}

std::vector<Difference> compare(const Facts& reference, const Facts& ours) {
  std::vector<Difference> differences;
  for (const auto& object : keys(reference, ours)) {
    const auto theirs = reference.find(object), own = ours.find(object);
    if (theirs == reference.end()) {
      differences.push_back({object, kNone, in_one_line(own->second)});
    } else if (own == ours.end()) {
      differences.push_back({object, in_one_line(theirs->second), kNone});
    } else {
      compare_fields(object, theirs->second, own->second, differences);
    }
  }
  return differences;
}

}  // namespace patchbay::test::conformance

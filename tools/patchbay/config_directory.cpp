// SPDX-License-Identifier: Apache-2.0
// Which file of a configuration directory it is.
#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <nlohmann/json.hpp>

#include "common/base/error.hpp"
#include "common/os/file.hpp"
#include "tools/patchbay/conflist.hpp"
#include "tools/patchbay/failure.hpp"

namespace patchbay::cli {
namespace {

namespace fs = std::filesystem;

// Paths with one of these extensions, sorted. Symbolic links count: orchestrators mount
// configuration that way. An absent directory has no files.
std::vector<std::string> files_in(const fs::path& directory, std::initializer_list<std::string_view> extensions) {
  std::vector<std::string> found;
  std::error_code failure;
  for (fs::directory_iterator entry{directory, failure}, end; !failure && entry != end; entry.increment(failure)) {
    const std::string extension = entry->path().extension().string();
    std::error_code unknown;
    if (entry->symlink_status(unknown).type() == fs::file_type::directory) continue;
    if (std::find(extensions.begin(), extensions.end(), extension) != extensions.end()) found.push_back(entry->path());
  }
  if (failure && failure != std::errc::no_such_file_or_directory) {
    throw system_error(Code::io_failure, "read directory " + directory.string(), failure.value());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string content_of(const std::string& path) {
  auto content = os::read_file(path, kMaxConfig);
  if (!content) throw Error{Code::io_failure, "the file has gone"};
  return *std::move(content);
}

// What was looked at in vain.
struct Search {
  const std::string& directory;
  const std::string& name;
  std::size_t files = 0;
  std::vector<std::string> unusable;

  template <typename Parse>
  std::optional<NetworkConfig> first_match(const std::vector<std::string>& paths, Parse&& parse) {
    files += paths.size();
    for (const std::string& path : paths) {
      try {
        NetworkConfig config = parse(content_of(path));
        if (config.name != name) continue;
        append_drop_ins(config, directory);
        return config;
      } catch (Error& error) {
        const std::string why = error.summary();
        unusable.push_back(why.starts_with(path) ? why : std::string{path}.append(": ").append(why));
        remark("skipping " + unusable.back() + (error.details().empty() ? "" : " (" + error.details() + ")"));
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] Error nothing_found() const {
    if (files == 0) return Error{Code::invalid_config, "no net configurations found in " + directory};
    Error error{Code::invalid_config, "no net configuration with name \"" + name + "\" in " + directory};
    if (!unusable.empty()) {
      std::string list = "these files could not be used:";
      for (const std::string& one : unusable) list.append(" ").append(one).append(";");
      list.pop_back();
      error.hint(std::move(list));
    }
    return error;
  }
};

// The cache must say the whole chain, also when the directory has changed since.
std::string self_contained(const NetworkConfig& config) {
  nlohmann::json list = contract::Json::parse(config.text).raw();
  list["loadOnlyInlinedPlugins"] = true;
  list["plugins"] = nlohmann::json::array();
  for (const PluginConfig& plugin : config.plugins) list["plugins"].push_back(plugin.body.raw());
  return list.dump();
}

}  // namespace

void append_drop_ins(NetworkConfig& config, const std::string& directory) {
  if (!config.only_inlined) {
    const auto paths = files_in(fs::path{directory} / config.name, {".conf"});
    for (const std::string& path : paths) {
      with_context(path, [&] { config.plugins.push_back(parse_plugin(content_of(path))); });
    }
    if (!paths.empty()) config.text = self_contained(config);
  }
  if (config.plugins.empty()) {
    throw std::move(Error{Code::invalid_config, "no plugin configs found"}.at("/plugins"));
  }
}

std::vector<NetworkConfig> load_all(const std::string& directory) {
  std::vector<NetworkConfig> all;
  const auto add = [&](const std::vector<std::string>& paths, auto&& parse) {
    for (const std::string& path : paths) {
      try {
        NetworkConfig config = parse(content_of(path));
        append_drop_ins(config, directory);
        all.push_back(std::move(config));
      } catch (const Error&) {
        continue;
      }
    }
  };
  add(files_in(directory, {".conflist"}), parse_conflist);
  add(files_in(directory, {".conf", ".json"}), parse_single);
  return all;
}

NetworkConfig load_network(const std::string& directory, const std::string& name) {
  Search search{directory, name, 0, {}};
  if (auto list = search.first_match(files_in(directory, {".conflist"}), parse_conflist)) return *std::move(list);
  if (auto single = search.first_match(files_in(directory, {".conf", ".json"}), parse_single)) {
    return *std::move(single);
  }
  throw search.nothing_found();
}

}  // namespace patchbay::cli

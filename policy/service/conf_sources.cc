// SPDX-License-Identifier: BSD-2-Clause
// Following include and includedir; see conf_sources.h. Recursion is bounded by kMaxIncludeDepth.
#include "policy/service/conf_sources.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "policy/service/conf_parser.h"

namespace postern::policy {
namespace {

// Names that xinetd skips in an includedir without a word: editors' and packagers' leftovers.
bool SkippedName(const std::string& name) {
  return name.find('.') != std::string::npos || name.ends_with('~') || name.empty();
}

class Reader {
 public:
  explicit Reader(const SystemView& system) : system_(system) {}

  ConfSources Read(const std::string& main_path) {
    ReadFile(main_path, {{main_path, 0, 0}, {}}, 0);
    return std::move(out_);
  }

 private:
  void ReadFile(const std::string& path, const Place& asked_by, int depth);
  void ReadDirectory(const Include& include, int depth);
  void AddItems(ParsedConf parsed, int depth);
  std::optional<std::string> Load(const std::string& path, const Place& asked_by, bool is_main);
  bool EnterOnce(const std::string& real_path, const Place& asked_by);
  void Fail(std::string code, const Place& place, std::string message) {
    out_.diagnostics.push_back(
        MakeDiagnostic(Severity::kError, std::move(code), place, std::move(message)));
  }

  const SystemView& system_;
  ConfSources out_;
  std::size_t total_bytes_ = 0;
  std::map<std::string, Place> read_;  // by real path: where it was asked for
  std::vector<std::string> open_;      // real paths of the files being read now
};

// A file that does not exist holds no controls, so its includer can go on without it; one that
// exists and cannot be read may hold a `defaults` section.
std::optional<std::string> Reader::Load(const std::string& path, const Place& asked_by,
                                        bool is_main) {
  if (out_.files.size() >= kMaxConfFiles || total_bytes_ >= kMaxConfTotalBytes) {
    out_.usable = false;
    Fail("too-much-input", asked_by,
         "more than " + std::to_string(kMaxConfFiles) + " files or " +
             std::to_string(kMaxConfTotalBytes >> 20U) + " MiB of configuration");
    return std::nullopt;
  }
  SystemView::File file = system_.ReadFile(path, kMaxConfFileBytes);
  if (!file.error.empty()) {
    if (is_main || !file.missing) out_.usable = false;
    Fail("unreadable-file", asked_by, "cannot read " + path + ": " + file.error);
    return std::nullopt;
  }
  if (!EnterOnce(file.real_path.empty() ? path : file.real_path, asked_by)) return std::nullopt;
  total_bytes_ += file.content.size();
  return std::move(file.content);
}

bool Reader::EnterOnce(const std::string& real_path, const Place& asked_by) {
  if (std::ranges::find(open_, real_path) != open_.end()) {
    Fail("include-cycle", asked_by, "this would include " + real_path + " within itself");
    return false;
  }
  const auto [before, first_time] = read_.emplace(real_path, asked_by);
  if (!first_time) {
    out_.diagnostics.push_back(
        MakeDiagnostic(Severity::kWarning, "included-twice", asked_by,
                       real_path + " was read already and is not read again"));
    return false;
  }
  open_.push_back(real_path);
  return true;
}

void Reader::ReadFile(const std::string& path, const Place& asked_by, int depth) {
  if (depth > kMaxIncludeDepth) {
    out_.usable = false;
    return Fail("include-depth", asked_by,
                "includes are nested deeper than " + std::to_string(kMaxIncludeDepth));
  }
  const auto content = Load(path, asked_by, depth == 0);
  if (!content) return;
  AddItems(ParseConf(path, *content), depth);
  open_.pop_back();
}

void Reader::AddItems(ParsedConf parsed, int depth) {
  std::ranges::move(parsed.diagnostics, std::back_inserter(out_.diagnostics));
  if (parsed.defaults_lost) out_.usable = false;
  const ConfFile& file = out_.files.emplace_back(std::move(parsed.file));
  for (const ConfItem& item : file.items) {
    if (const auto* const block = std::get_if<Block>(&item)) {
      out_.blocks.push_back(block);
      continue;
    }
    const auto& include = std::get<Include>(item);
    if (include.directory) {
      ReadDirectory(include, depth);
    } else {
      ReadFile(include.path, include.place, depth + 1);
    }
  }
}

void Reader::ReadDirectory(const Include& include, int depth) {
  SystemView::Directory directory = system_.ListDirectory(include.path);
  if (!directory.error.empty()) {
    if (!directory.missing) out_.usable = false;
    return Fail("unreadable-directory", include.place,
                "cannot read the directory " + include.path + ": " + directory.error);
  }
  // xinetd sorts with strcmp; std::string compares bytes as unsigned too.
  std::ranges::sort(directory.entries, {}, &SystemView::DirectoryEntry::name);
  for (const SystemView::DirectoryEntry& entry : directory.entries) {
    if (SkippedName(entry.name)) continue;
    std::string path = include.path;
    if (!path.ends_with('/')) path += '/';
    path += entry.name;
    if (entry.is_regular) {
      ReadFile(path, include.place, depth + 1);
    } else {
      Fail("not-a-regular-file", include.place, path + " is not a regular file and is skipped");
    }
  }
}

}  // namespace

ConfSources ReadConfSources(const std::string& main_path, const SystemView& system) {
  return Reader(system).Read(main_path);
}

}  // namespace postern::policy

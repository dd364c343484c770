// SPDX-License-Identifier: BSD-2-Clause
// Which files and directories: part of proposal.h.
#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "sandbox/confine/minimal_root.h"
#include "sandbox/confine/mount_view.h"
#include "sandbox/confine/open_path.h"
#include "wrapper/cli/proposal.h"

namespace postern::cli {

using policy::SandboxProfile;
using sandbox::FoundAs;
using sandbox::LearnedFile;
using sandbox::LiesIn;

namespace {

// Directories that would be more than a service's own, if they were proposed whole.
constexpr std::string_view kCommon[] = {"/",     "/etc",     "/home",    "/root",      "/run",
                                        "/var",  "/var/lib", "/var/log", "/var/spool", "/sys",
                                        "/boot", "/tmp",     "/var/tmp"};
constexpr std::size_t kMostOfOneDirectory = 4;
constexpr std::size_t kLongestPath = 1024;

using Paths = std::set<std::string>;

bool IsCommon(std::string_view path) {
  return std::ranges::find(kCommon, path) != std::end(kCommon);
}

std::string Parent(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool LiesInAny(const std::string& path, const Paths& directories) {
  return std::ranges::any_of(directories,
                             [&](const std::string& one) { return LiesIn(path, one); });
}

// A word of xinetd.conf: printable, and without blanks.
bool CanBeWritten(const std::string& path) {
  return path.size() <= kLongestPath &&
         std::ranges::all_of(path, [](char c) { return c > ' ' && c < 0x7f; });
}

class Files {
 public:
  Files(const sandbox::Learned& learned, const Subject& subject, const Exists& exists,
        Proposal& proposal)
      : learned_(learned), subject_(subject), exists_(exists), proposal_(proposal) {}

  void Propose() {
    for (const auto& [path, file] : learned_.files) Sort(path, file);
    const Paths write = Settled(written_), read = Settled(read_);
    for (const std::string& path : write) proposal_.read_write.push_back(path);
    for (const std::string& path : read) {
      if (!LiesInAny(path, write)) proposal_.read_only.push_back(path);
    }
  }

 private:
  bool strict() const { return proposal_.sandbox == SandboxProfile::kStrict; }

  // Made anew for each sandbox, or there in all of them.
  bool IsOwn(const std::string& path, const LearnedFile& file) const {
    if (LiesIn(path, "/proc") || LiesIn(path, "/dev")) return true;
    const bool temporary = LiesIn(path, "/tmp") || LiesIn(path, "/var/tmp");
    if (temporary && (file.found == FoundAs::kNothing || IsCommon(path))) return true;
    return std::ranges::find(subject_.programs, path) != subject_.programs.end();
  }

  void Sort(const std::string& path, const LearnedFile& file) {
    if (IsOwn(path, file)) return;
    const bool makes = (file.use & sandbox::kMakes) != 0 ||
                       ((file.use & sandbox::kCreates) != 0 && file.found == FoundAs::kNothing);
    if (makes) return Add(Parent(path), written_);
    if (file.found == FoundAs::kNothing) return;
    if ((file.use & sandbox::kWrites) != 0) return Add(path, written_);
    if (!strict() || sandbox::IsInMinimalRoot(path)) return;
    if ((file.use & (sandbox::kReads | sandbox::kExecutes | sandbox::kConnects)) != 0)
      return Add(path, read_);
  }

  void Add(const std::string& path, Paths& paths) {
    // In the standard sandbox data may be written anyway (mount_view.h).
    const auto holds = [&path](const char* data) { return LiesIn(path, data); };
    if (!strict() && std::ranges::any_of(sandbox::DataDirectories(), holds)) return;
    if (IsCommon(path)) {
      Leave(path, &paths == &written_ ? "is written in: name what it may write"
                                      : "is read as a whole: name what it may see");
    } else if (!CanBeWritten(path)) {
      Leave(path, "is not a word that xinetd.conf can hold");
    } else if (exists_(path)) {
      paths.insert(path);
    }
  }

  void Leave(const std::string& path, const char* why) {
    std::string line = path + " " + why;
    auto& lines = proposal_.unproposed;
    if (std::ranges::find(lines, line) == lines.end()) lines.push_back(std::move(line));
  }

  // Nothing that lies in another one; a directory instead of many of its files.
  static Paths Settled(const Paths& paths) {
    std::map<std::string, std::size_t> of_one;
    for (const std::string& path : paths) ++of_one[Parent(path)];
    Paths folded;
    for (const std::string& path : paths) {
      const std::string parent = Parent(path);
      const bool many = of_one[parent] > kMostOfOneDirectory && !IsCommon(parent);
      folded.insert(many ? parent : path);
    }
    Paths settled;
    for (const std::string& path : folded) {
      if (!LiesInAny(path, settled)) settled.insert(path);
    }
    return settled;
  }

  const sandbox::Learned& learned_;
  const Subject& subject_;
  const Exists& exists_;
  Proposal& proposal_;
  Paths read_, written_;
};

}  // namespace

void ProposeFiles(const sandbox::Learned& learned, const Subject& subject, const Exists& exists,
                  Proposal& proposal) {
  Files(learned, subject, exists, proposal).Propose();
}

}  // namespace postern::cli

// SPDX-License-Identifier: BSD-2-Clause
#include "policy/check/program_files.h"

namespace postern::policy::check {
namespace {

constexpr std::uint32_t kWritableByOthers = 0002, kSticky = 01000;

bool OthersMayReplace(const SystemView::FileFacts& facts) {
  const bool directory = facts.kind == SystemView::FileFacts::Kind::kDirectory;
  if (directory && (facts.mode & kSticky) != 0) return false;
  return (facts.mode & kWritableByOthers) != 0;
}

}  // namespace

std::string WritableByAll(const std::string& program, const SystemView& system) {
  for (std::size_t slash = program.find('/', 1);; slash = program.find('/', slash + 1)) {
    std::string path = program.substr(0, slash);
    if (OthersMayReplace(system.Inspect(path))) return path;
    if (slash == std::string::npos) return {};
  }
}

}  // namespace postern::policy::check

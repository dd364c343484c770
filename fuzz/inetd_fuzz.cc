// SPDX-License-Identifier: BSD-2-Clause
// inetd.conf (policy/service/inetd_parser.h): every entry is whole, every held line has an error,
// and a file that gave entries gives the same ones again between comments.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "policy/service/inetd_parser.h"

namespace {

using postern::policy::InetdEntry;
using postern::policy::InetdFile;

void Require(bool condition) {
  if (!condition) std::abort();
}

void CheckEntry(const InetdEntry& entry) {
  Require(!entry.name.empty() && !entry.user.empty() && !entry.protocol.empty());
  Require(entry.internal == entry.program.empty());
  Require(entry.internal || !entry.arguments.empty());
  Require(entry.where.line > 0 && entry.where.column > 0);
  const bool unix_path = entry.name_kind == postern::policy::InetdNameKind::kUnixPath;
  Require(unix_path == (entry.family == postern::policy::Family::kUnix));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  const InetdFile file = postern::policy::ParseInetd(text, "fuzz");
  for (const InetdEntry& entry : file.entries) CheckEntry(entry);
  Require(file.held.empty() || HasErrors(file.diagnostics));
  for (const auto& finding : file.diagnostics) Require(!Render(finding).empty());

  const InetdFile again = postern::policy::ParseInetd("# note\r\n" + text + "\n#", "fuzz");
  Require(again.held.size() == file.held.size() && again.entries.size() == file.entries.size());
  for (std::size_t i = 0; i < file.entries.size(); ++i) {
    Require(again.entries[i].name == file.entries[i].name);
    Require(again.entries[i].family == file.entries[i].family);
    Require(again.entries[i].arguments == file.entries[i].arguments);
  }
  return 0;
}

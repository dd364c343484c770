// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/cli/output.h"

#include <cstdio>

#include "policy/base/diagnostic.h"

namespace postern::cli {
namespace {

constexpr std::size_t kHeldBack = std::size_t{1} << 16;

// Line by line, so that a diagnostic keeps its lines; every other control character is escaped.
std::string EscapeLines(std::string_view text) {
  std::string escaped;
  for (;;) {
    const std::size_t end = text.find('\n');
    escaped += policy::EscapeText(text.substr(0, end));
    if (end == std::string_view::npos) return escaped;
    escaped += '\n';
    text.remove_prefix(end + 1);
  }
}

}  // namespace

Output::~Output() { Flush(); }

void Output::Write(std::string_view text) {
  held_ += text;
  if (held_.size() >= kHeldBack) Flush();
}

void Output::Line(std::string_view text) {
  Write(text);
  Write("\n");
}

bool Output::Flush() {
  failed_ |= std::fwrite(held_.data(), 1, held_.size(), stdout) != held_.size();
  failed_ |= std::fflush(stdout) != 0;
  held_.clear();
  return !failed_;
}

int Complain(std::string_view text) {
  const std::string line = "postern: " + EscapeLines(text) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
  return kUnusable;
}

}  // namespace postern::cli

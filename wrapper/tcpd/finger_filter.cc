// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/tcpd/finger_filter.h"

namespace postern::wrapper {
namespace {

bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// The backslash is doubled, so that what we escape cannot be imitated.
std::string Visible(char c) {
  if (c == '\\') return "\\\\";
  if (IsBlank(c) || (c > ' ' && c < '\x7f')) return {c};
  const auto byte = static_cast<unsigned char>(c);
  std::string text = "\\";
  for (const unsigned shift : {6U, 3U, 0U}) text += static_cast<char>('0' + ((byte >> shift) & 7U));
  return text;
}

}  // namespace

std::string FingerFilter::Filter(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    if (full_) break;
    if (++read_ > kMostInput) {
      full_ = true;
      out += "\n\n Input truncated to " + std::to_string(kMostInput) + " bytes...\n";
    } else {
      Put(c, out);
    }
  }
  return out;
}

void FingerFilter::Put(char c, std::string& out) {
  if (c == '\n') {
    out += c;
    column_ = 0;
    return;
  }
  if (column_ >= kColumns) {
    out += "\\\n";
    column_ = 0;
  }
  if (column_ == 0) {
    out += ' ';
    ++column_;
  }
  const std::string text = Visible(c);
  out += text;
  column_ += text.size();
}

}  // namespace postern::wrapper

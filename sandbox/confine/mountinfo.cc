// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine/mountinfo.h"

#include <sys/sysmacros.h>

#include <algorithm>
#include <charconv>

namespace postern::sandbox {
namespace {

bool IsOctal(char c) { return c >= '0' && c <= '7'; }

// The kernel writes blanks and backslashes of a path as \ooo.
std::string Unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool escaped = text[at] == '\\' && text.size() - at > 3 && IsOctal(text[at + 1]) &&
                         IsOctal(text[at + 2]) && IsOctal(text[at + 3]);
    if (!escaped) {
      plain += text[at];
      continue;
    }
    const int code = (text[at + 1] - '0') * 64 + (text[at + 2] - '0') * 8 + (text[at + 3] - '0');
    plain += static_cast<char>(code);
    at += 3;
  }
  return plain;
}

// "0:31"
std::uint64_t DeviceIn(std::string_view word) {
  const char* const end = word.data() + word.size();
  unsigned major = 0, minor = 0;
  const char* const colon = std::from_chars(word.data(), end, major).ptr;
  if (colon != end) std::from_chars(colon + 1, end, minor);
  return makedev(major, minor);
}

// "36 35 0:31 /root /mount/point rw,relatime [optional…] - type source options"
void ParseLine(std::string_view line, std::vector<Mount>& mounts) {
  const std::vector<std::string_view> words = SplitText(line, ' ');
  const auto dash = std::ranges::find(words, "-");
  if (words.size() < 6 || words.end() - dash < 4) return;
  mounts.push_back({Unescaped(words[4]), Unescaped(words[3]), std::string(dash[1]),
                    std::string(dash[3]), DeviceIn(words[2])});
}

}  // namespace

std::vector<std::string_view> SplitText(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(separator, at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

std::vector<Mount> ParseMountinfo(std::string_view mountinfo) {
  std::vector<Mount> mounts;
  for (const std::string_view line : SplitText(mountinfo, '\n')) ParseLine(line, mounts);
  return mounts;
}

}  // namespace postern::sandbox

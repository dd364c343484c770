// SPDX-License-Identifier: BSD-2-Clause
#include "policy/hosts/ident_reply.h"

#include <algorithm>

#include "policy/base/text.h"

namespace postern::policy::hosts {
namespace {

constexpr std::string_view kBlanks = " \t\n\v\f\r";

// Takes the parts of the line one by one; a part that is not there leaves it as it is.
class Line {
 public:
  explicit Line(std::string_view text) : rest_(text) {}

  void SkipBlanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(kBlanks), rest_.size()));
  }
  bool Take(std::string_view word) {
    SkipBlanks();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  bool TakePort(std::uint16_t expected) {
    SkipBlanks();
    const auto length = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    const std::string_view digits = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return ParseUnsigned(digits, 65535) == std::uint64_t{expected};
  }
  // The operating system: anything but nothing, up to the colon behind it.
  bool TakeField() {
    const auto colon = rest_.find(':');
    if (colon == 0 || colon == std::string_view::npos) return false;
    rest_.remove_prefix(colon + 1);
    return true;
  }
  std::string_view TakeWord() {
    SkipBlanks();
    return rest_.substr(0, rest_.find_first_of(kBlanks)).substr(0, kMaxIdentUser);
  }

 private:
  std::string_view rest_;
};

}  // namespace

bool IsWholeIdentReply(std::string_view received) {
  return received.size() >= kMaxIdentReply || received.find('\n') != std::string_view::npos;
}

std::optional<std::string> ParseIdentReply(std::string_view reply, std::uint16_t client_port,
                                           std::uint16_t server_port) {
  reply = reply.substr(0, kMaxIdentReply);
  // Text behind a line end or a NUL would be somebody else's.
  Line line(reply.substr(0, reply.find_first_of(std::string_view("\n\0", 2))));
  const bool well_formed = line.TakePort(client_port) && line.Take(",") &&
                           line.TakePort(server_port) && line.Take(":") && line.Take("USERID") &&
                           line.Take(":") && line.TakeField();
  if (!well_formed) return std::nullopt;
  const std::string_view user = line.TakeWord();
  if (user.empty()) return std::nullopt;
  return std::string(user);
}

}  // namespace postern::policy::hosts

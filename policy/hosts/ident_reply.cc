// SPDX-License-Identifier: BSD-2-Clause
#include "policy/hosts/ident_reply.h"

#include <algorithm>

#include "policy/base/text.h"

namespace postern::policy::hosts {
namespace {

constexpr std::string_view kBlanks = " \t\n\v\f\r";

std::string_view WithoutBlanksBehind(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

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
  std::optional<std::string_view> TakeField() {
    const auto colon = rest_.find(':');
    if (colon == 0 || colon == std::string_view::npos) return std::nullopt;
    const std::string_view field = rest_.substr(0, colon);
    rest_.remove_prefix(colon + 1);
    return field;
  }
  std::string_view TakeRest() {
    SkipBlanks();
    return WithoutBlanksBehind(rest_.substr(0, kMaxIdentUser));
  }

 private:
  std::string_view rest_;
};

}  // namespace

bool IsWholeIdentReply(std::string_view received) {
  return received.size() >= kMaxIdentReply || received.find('\n') != std::string_view::npos;
}

std::string_view IdentUser::user() const {
  return std::string_view(text).substr(0, text.find_first_of(kBlanks));
}

std::optional<IdentUser> ReadIdentReply(std::string_view reply, std::uint16_t client_port,
                                        std::uint16_t server_port) {
  reply = reply.substr(0, kMaxIdentReply);
  // Text behind a line end or a NUL would be somebody else's.
  Line line(reply.substr(0, reply.find_first_of(std::string_view("\n\0", 2))));
  const bool well_formed = line.TakePort(client_port) && line.Take(",") &&
                           line.TakePort(server_port) && line.Take(":") && line.Take("USERID") &&
                           line.Take(":");
  if (!well_formed) return std::nullopt;
  const auto system = line.TakeField();
  if (!system) return std::nullopt;
  const std::string_view text = line.TakeRest();
  if (text.empty()) return std::nullopt;
  const auto begin = std::min(system->find_first_not_of(kBlanks), system->size());
  const std::string_view bare = system->substr(begin, kMaxIdentSystem);
  return IdentUser{std::string(WithoutBlanksBehind(bare)), std::string(text)};
}

std::optional<std::string> ParseIdentReply(std::string_view reply, std::uint16_t client_port,
                                           std::uint16_t server_port) {
  const auto read = ReadIdentReply(reply, client_port, server_port);
  if (!read) return std::nullopt;
  return std::string(read->user());
}

}  // namespace postern::policy::hosts

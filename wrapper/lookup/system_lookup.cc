// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/lookup/system_lookup.h"

#include "sandbox/quiet_child.h"
#include "sandbox/sys/files.h"
#include "sandbox/sys/resolver.h"
#include "wrapper/lookup/ident_client.h"
#include "wrapper/lookup/name_check.h"

namespace postern::wrapper {
namespace {

namespace sys = sandbox::sys;

// Names of at most NI_MAXHOST bytes in a name and two warnings.
constexpr std::size_t kLongestAnswer = 8192;
constexpr std::string_view kIsMember = "member";

void Tell(const sys::UniqueFd& answer, std::string_view text) {
  sys::IgnoreError(sys::WriteAll(answer, text), "who asked has gone or sees that it is not whole");
}

}  // namespace

NameAnswer SystemLookup::NameOf(const sys::SocketAddress& address) {
  const auto work = [&address](const sys::UniqueFd& answer) {
    Tell(answer, EncodeNameAnswer(CheckedName(address)));
  };
  const auto bytes = sandbox::AskQuietChild(work, name_deadline_, kLongestAnswer);
  if (bytes) return DecodeNameAnswer(*bytes);
  return {policy::hosts::Fact::Unknown(), {"can't look up hostname: " + bytes.error().ToString()}};
}

policy::hosts::Fact SystemLookup::UserOf(const sys::SocketAddress& client,
                                         const sys::SocketAddress& server,
                                         std::chrono::milliseconds deadline) {
  return AskIdent(Unmapped(client), Unmapped(server), deadline);
}

bool SystemLookup::InNetgroup(const std::string& group, const std::string& host) {
  const auto work = [&group, &host](const sys::UniqueFd& answer) {
    if (sys::InNetgroup(group, host)) Tell(answer, kIsMember);
  };
  const auto bytes = sandbox::AskQuietChild(work, name_deadline_, kLongestAnswer);
  return bytes && *bytes == kIsMember;
}

}  // namespace postern::wrapper

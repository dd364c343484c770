// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/helper_main.h"

#include <charconv>
#include <csignal>
#include <cstdio>
#include <string_view>

#include "daemon/helper_protocol.h"
#include "sandbox/sys/events.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

std::optional<std::uint32_t> ParseId(std::string_view text) {
  std::uint32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return id;
}

bool Parse(int argc, char** argv, std::optional<sandbox::HelperUser>& user) {
  if (argc == 1) return true;
  if (argc != 4 || std::string_view(argv[1]) != "--user") return false;
  const auto uid = ParseId(argv[2]);
  const auto gid = ParseId(argv[3]);
  if (!uid || !gid) return false;
  user = sandbox::HelperUser{*uid, *gid};
  return true;
}

}  // namespace

bool ParseHelperArguments(const char* name, int argc, char** argv,
                          std::optional<sandbox::HelperUser>& user) {
  if (Parse(argc, argv, user)) return true;
  std::fprintf(stderr, "usage: %s [--user UID GID]   (started by posternd)\n", name);
  return false;
}

// A write that fails is told by its error; splice(2) and OpenSSL have no flag for that. The
// terminal's signals are for posternd to act on.
sys::Status LetGo() {
  TRY_STATUS(sys::CloseFrom(kChannelDescriptor + 1));
  TRY_STATUS(sys::EnsureStandardDescriptors());
  TRY_STATUS(sys::ChangeDirectory("/"));
  sys::IgnoreSignals({SIGPIPE, SIGXFSZ, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2});
  return {};
}

int EndHelper(const char* name, HelperState state) {
  if (state == HelperState::kChannelClosed) return 0;
  return FailHelper(
      name, state == HelperState::kGarbage ? "garbage on the channel" : "the system failed it");
}

int FailHelper(const char* name, const std::string& reason) {
  std::fprintf(stderr, "%s: %s\n", name, reason.c_str());
  return 1;
}

}  // namespace postern::daemon

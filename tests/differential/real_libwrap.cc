// SPDX-License-Identifier: BSD-2-Clause
#include "tests/differential/real_libwrap.h"

#include <dlfcn.h>
#include <netinet/in.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "tests/differential/libwrap_surroundings.h"

namespace postern::differential {
namespace {

using oracle::HostsAnswer;

// The keys of request_init(3) and the size of its record.
enum Key {
  kEnd,
  kFile,
  kDaemon,
  kUser,
  kClientName,
  kClientAddress,
  kClientSin,
  kServerName,
  kServerAddress,
  kServerSin
};
constexpr std::size_t kRecordSize = 872;

// The libraries of the unpacked packages, wherever their architecture's folder is.
std::string FindLibrary(const std::string& peers, const std::string& name) {
  for (const char* folder : {"/usr/lib", "/lib"}) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(peers + folder, ignored)) {
      const auto library = entry.path() / name;
      if (std::filesystem::exists(library)) return library.string();
    }
  }
  return name;
}

void* LoadLibrary(const std::string& peers, const std::string& name) {
  void* library = ::dlopen(FindLibrary(peers, name).c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (library == nullptr) std::fprintf(stderr, "%s (run .ci/fetch-peers)\n", ::dlerror());
  return library;
}

// "matched:  FILE line N", which it logs when asked to be verbose.
unsigned MatchedLine(const std::string& line, const std::string& path) {
  const std::string start = "matched:  " + path + " line ";
  return line.starts_with(start)
             ? static_cast<unsigned>(std::strtoul(line.c_str() + start.size(), nullptr, 10))
             : 0;
}

}  // namespace

RealLibwrap::RealLibwrap() = default;

template <typename Type>
bool RealLibwrap::Find(Type*& symbol, const char* name) {
  symbol = reinterpret_cast<Type*>(::dlsym(library_, name));
  if (symbol == nullptr) std::fprintf(stderr, "libwrap has no %s\n", name);
  return symbol != nullptr;
}

std::unique_ptr<RealLibwrap> RealLibwrap::Load(const std::string& peers) {
  std::unique_ptr<RealLibwrap> libwrap(new RealLibwrap);
  for (const char* name : {"libtirpc.so.3", "libnsl.so.2", "libwrap.so.0"}) {
    libwrap->library_ = LoadLibrary(peers, name);
    if (libwrap->library_ == nullptr) return nullptr;
  }
  if (!libwrap->Find(libwrap->request_init_, "request_init") ||
      !libwrap->Find(libwrap->hosts_access_, "hosts_access") ||
      !libwrap->Find(libwrap->allow_table_, "hosts_allow_table") ||
      !libwrap->Find(libwrap->deny_table_, "hosts_deny_table") ||
      !libwrap->Find(libwrap->verbose_, "hosts_access_verbose") ||
      !libwrap->Find(libwrap->dry_run_, "dry_run") ||
      !libwrap->Find(libwrap->resident_, "resident")) {
    return nullptr;
  }
  *libwrap->verbose_ = 2;
  return libwrap;
}

bool RealLibwrap::Ask(const std::string& allow_path, const std::string& deny_path,
                      const oracle::HostsCaller& caller) {
  *allow_table_ = allow_path.c_str();
  *deny_table_ = deny_path.c_str();
  *resident_ = -1;
  alignas(16) std::array<char, kRecordSize> record{};
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(caller.server_port.value_or(0));
  request_init_(record.data(), kDaemon, caller.daemon.c_str(), kUser, caller.user.c_str(),
                kClientName, caller.client_name.c_str(), kClientAddress,
                caller.client_address.c_str(), kServerName, caller.server_name.c_str(),
                kServerAddress, caller.server_address.c_str(),
                caller.server_port ? kServerSin : kEnd, &server, kEnd);
  return hosts_access_(record.data()) != 0;
}

HostsAnswer RealLibwrap::Decide(const std::string& allow_path, const std::string& deny_path,
                                const oracle::HostsCaller& caller) {
  TakeLog();
  *dry_run_ = 1;
  HostsAnswer answer;
  answer.verdict = Ask(allow_path, deny_path, caller) ? HostsAnswer::Verdict::kAllow
                                                      : HostsAnswer::Verdict::kDeny;
  // Its way of saying "delegated".
  if (*dry_run_ == 0) answer.verdict = HostsAnswer::Verdict::kTwist;
  for (const std::string& line : TakeLog()) {
    for (const char table : {'a', 'd'}) {
      const unsigned number = MatchedLine(line, table == 'a' ? allow_path : deny_path);
      if (number != 0) answer = {answer.verdict, table, number};
    }
  }
  return answer;
}

bool RealLibwrap::DecideInEarnest(const std::string& allow_path, const std::string& deny_path,
                                  const oracle::HostsCaller& caller) {
  *dry_run_ = 0;
  return Ask(allow_path, deny_path, caller);
}

}  // namespace postern::differential

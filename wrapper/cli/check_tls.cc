// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/cli/check_tls.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include "policy/check/tls_flaws.h"
#include "sandbox/read_program.h"
#include "sandbox/sys/process.h"
#include "wrapper/cli/daemon_program.h"

namespace postern::cli {
namespace {

namespace sys = sandbox::sys;

constexpr std::size_t kMostText = 4 << 20;

std::vector<std::string> Command(const wrapper::PolicyPaths& paths) {
  std::vector<std::string> words = {"posternd", "--judge-tls"};
  if (!paths.xinetd.path.empty()) words.insert(words.end(), {"--config", paths.xinetd.path});
  if (!paths.inetd.path.empty()) words.insert(words.end(), {"--inetd", paths.inetd.path});
  return words;
}

sys::Result<std::string> ReadAll(const sandbox::ReadProgram& program) {
  std::string text;
  std::array<char, 65536> buffer;
  for (;;) {
    TRY(const std::size_t size, sandbox::ReadOutput(program, buffer));
    if (size == 0) break;
    if (text.size() + size > kMostText) {
      return std::unexpected(sys::Error{"read", EFBIG, "posternd"});
    }
    text.append(buffer.data(), size);
  }
  TRY(const sys::Exit end, sys::AwaitPidfd(program.pidfd));
  if (end.status == 0) return text;
  return std::unexpected(sys::Error{"execve", ECHILD, "posternd --judge-tls"});
}

}  // namespace

policy::Diagnostics CheckTls(const wrapper::PolicyPaths& paths,
                             const policy::Configuration& services) {
  const auto speaks = [](const auto& spec) { return spec->tls != nullptr; };
  if (std::ranges::none_of(services.services, speaks)) return {};
  const auto program = sandbox::StartForReading(Command(paths), WhereDaemonIs());
  if (!program) return policy::check::TlsNotJudged(services, program.error().ToString());
  const auto text = ReadAll(*program);
  if (!text) return policy::check::TlsNotJudged(services, text.error().ToString());
  auto findings = policy::check::ReadTlsFlaws(*text, services);
  if (findings) return std::move(*findings);
  return policy::check::TlsNotJudged(services, "posternd says \"" + findings.error() + "\"");
}

}  // namespace postern::cli

// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/cli/running_daemon.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "policy/base/text.h"
#include "sandbox/inspect/process_folder.h"
#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"
#include "sandbox/sys/process_tree.h"
#include "wrapper/launch/helper_path.h"

namespace postern::cli {
namespace {

namespace sys = sandbox::sys;
using sandbox::ProcessFolder;

// Processes come and go while this looks at them: one that is gone is none of those looked for.
std::string ProgramOf(pid_t pid) {
  const auto process = ProcessFolder::Open(pid);
  const auto program = process ? process->Program() : std::unexpected(process.error());
  return program.value_or("");
}

bool IsRootsOwn(pid_t pid) {
  const auto process = ProcessFolder::Open(pid);
  const auto status = process ? process->Status() : std::unexpected(process.error());
  return status && std::ranges::all_of(status->uids, [](std::uint32_t uid) { return uid == 0; });
}

std::uint64_t PidNamespaceOf(pid_t pid) {
  const auto process = ProcessFolder::Open(pid);
  const auto ids = process ? process->Namespaces() : std::unexpected(process.error());
  return ids ? ids->of(sandbox::Namespace::kPid) : 0;
}

bool IsDaemon(pid_t pid) { return policy::Basename(ProgramOf(pid)) == "posternd"; }

std::expected<pid_t, std::string> PidIn(const std::string& file) {
  constexpr std::size_t kMostBytes = 64;
  const auto text = sys::ReadFile(file, kMostBytes);
  if (!text) return std::unexpected(text.error().ToString());
  const auto pid = policy::ParseUnsigned(policy::Trimmed(*text), std::numeric_limits<pid_t>::max());
  if (!pid || *pid == 0) return std::unexpected(file + " holds no process id");
  const auto number = static_cast<pid_t>(*pid);
  if (!IsDaemon(number)) {
    return std::unexpected(file + ": process " + std::to_string(number) + " is no posternd");
  }
  if (!IsRootsOwn(number)) {
    return std::unexpected(file + ": process " + std::to_string(number) + " is not root's");
  }
  return number;
}

std::expected<std::optional<pid_t>, std::string> OnlyOne(
    const std::vector<sys::Process>& processes) {
  const std::uint64_t ours = PidNamespaceOf(sys::OwnPid());
  std::vector<pid_t> found;
  std::string numbers;
  for (const sys::Process& process : processes) {
    // Its child between clone and execve is not another one.
    if (!IsDaemon(process.pid) || IsDaemon(process.parent)) continue;
    if (!IsRootsOwn(process.pid) || PidNamespaceOf(process.pid) != ours) continue;
    found.push_back(process.pid);
    numbers += (numbers.empty() ? "" : ", ") + std::to_string(process.pid);
  }
  if (found.empty()) return std::nullopt;
  if (found.size() == 1) return found.front();
  return std::unexpected("several posternd run (process " + numbers +
                         "): name the pid file of one with --pid-file");
}

std::vector<pid_t> ChildrenOf(pid_t parent, const std::vector<sys::Process>& processes) {
  std::vector<pid_t> children;
  for (const sys::Process& process : processes) {
    if (process.parent == parent) children.push_back(process.pid);
  }
  return children;
}

void FindZygotes(const std::vector<sys::Process>& processes, RunningDaemon& running) {
  const std::string program = wrapper::HelperBeside(ProgramOf(*running.pid), "postern-zygote");
  for (const pid_t pid : ChildrenOf(*running.pid, processes)) {
    if (ProgramOf(pid) != program) continue;
    const auto process = ProcessFolder::Open(pid);
    const auto words = process ? process->Arguments() : std::unexpected(process.error());
    if (!words || words->size() != 2) continue;
    RunningDaemon::Zygote zygote{pid, ChildrenOf(pid, processes)};
    // Until their execve they are the zygote's own.
    std::erase_if(zygote.instances, [&](pid_t one) { return ProgramOf(one) == program; });
    running.zygotes[(*words)[1]].push_back(std::move(zygote));
  }
}

}  // namespace

std::expected<RunningDaemon, std::string> FindRunningDaemon(
    const std::optional<std::string>& pid_file) {
  const auto processes = sys::AllProcesses();
  if (!processes) return std::unexpected(processes.error().ToString());
  RunningDaemon running;
  if (pid_file) {
    TRY(running.pid, PidIn(*pid_file));
  } else {
    TRY(running.pid, OnlyOne(*processes));
  }
  if (running.pid) FindZygotes(*processes, running);
  return running;
}

}  // namespace postern::cli

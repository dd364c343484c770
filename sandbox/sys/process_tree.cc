// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/process_tree.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "sandbox/sys/directory.h"
#include "sandbox/sys/process.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox::sys {
namespace {

constexpr int kKillRounds = 8;

template <typename T>
bool ParseWhole(std::string_view text, T& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

std::string_view NextWord(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

// "PID (COMMAND) STATE PPID PGRP SESSION …", STARTTIME the 22nd; the command may hold anything, so
// the last ')' counts.
std::optional<Process> ParseStat(pid_t pid, std::string_view stat) {
  const auto command_end = stat.rfind(')');
  if (command_end == std::string_view::npos) return std::nullopt;
  stat.remove_prefix(command_end + 1);
  constexpr int kWordsBetween = 15;
  Process process{pid, 0, 0, 0};
  pid_t group = 0;
  const std::string_view state = NextWord(stat);
  const bool related = ParseWhole(NextWord(stat), process.parent) &&
                       ParseWhole(NextWord(stat), group) &&
                       ParseWhole(NextWord(stat), process.session);
  for (int i = 0; i < kWordsBetween; ++i) NextWord(stat);
  const bool whole = related && ParseWhole(NextWord(stat), process.started);
  if (!whole || state == "Z" || state == "X") return std::nullopt;
  return process;
}

// nullopt for one that has ended meanwhile.
std::optional<Process> ReadProcess(int proc, const char* name) {
  pid_t pid = 0;
  if (!ParseWhole(name, pid)) return std::nullopt;
  const UniqueFd file(::openat(proc, (std::string(name) + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
  char buffer[512];
  const ssize_t n = file ? ::read(file.get(), buffer, sizeof buffer) : -1;
  if (n <= 0) return std::nullopt;
  return ParseStat(pid, std::string_view(buffer, static_cast<std::size_t>(n)));
}

bool Contains(const std::vector<pid_t>& pids, pid_t pid) {
  return std::find(pids.begin(), pids.end(), pid) != pids.end();
}

// `members`, and whatever in `processes` descends from one of them.
std::vector<pid_t> WithDescendants(std::vector<pid_t> members,
                                   const std::vector<Process>& processes) {
  for (std::size_t i = 0; i < members.size(); ++i) {
    for (const Process& process : processes) {
      if (process.parent == members[i] && !Contains(members, process.pid)) {
        members.push_back(process.pid);
      }
    }
  }
  return members;
}

bool ContainsPid(const std::vector<Process>& processes, pid_t pid) {
  return std::ranges::find(processes, pid, &Process::pid) != processes.end();
}

std::vector<pid_t> TreeOf(pid_t root, const std::vector<Process>& processes) {
  std::vector<pid_t> tree = {root};
  for (const Process& process : processes) {
    if (process.session == root && process.pid != root) tree.push_back(process.pid);
  }
  return WithDescendants(std::move(tree), processes);
}

}  // namespace

Result<std::vector<Process>> AllProcesses() {
  const Directory proc(::opendir("/proc"));
  if (!proc) return LastError("opendir", "/proc");
  std::vector<Process> processes;
  errno = 0;  // readdir(3): an end and an error look alike
  while (const dirent* entry = ::readdir(proc.get())) {
    if (const auto process = ReadProcess(::dirfd(proc.get()), entry->d_name)) {
      processes.push_back(*process);
    }
    errno = 0;
  }
  if (errno != 0) return LastError("readdir", "/proc");
  return processes;
}

Result<std::vector<pid_t>> ProcessTree(pid_t root) {
  TRY(const std::vector<Process> processes, AllProcesses());
  std::vector<pid_t> tree = TreeOf(root, processes);
  if (!ContainsPid(processes, root)) tree.erase(tree.begin());
  return tree;
}

Result<std::vector<Process>> DescendantsBeside(pid_t root, std::span<const pid_t> branches) {
  TRY(const std::vector<Process> processes, AllProcesses());
  std::vector<pid_t> taken;
  for (const pid_t branch : branches) {
    const std::vector<pid_t> tree = TreeOf(branch, processes);
    taken.insert(taken.end(), tree.begin(), tree.end());
  }
  std::vector<Process> left;
  const std::vector<pid_t> all = WithDescendants({root}, processes);
  for (const Process& process : processes) {
    if (process.pid != root && Contains(all, process.pid) && !Contains(taken, process.pid)) {
      left.push_back(process);
    }
  }
  return left;
}

bool MayHaveOtherChildren(pid_t parent, std::span<const pid_t> known) {
  const std::string number = std::to_string(parent);
  std::ifstream file("/proc/" + number + "/task/" + number + "/children");
  if (!file) return true;
  for (pid_t child = 0; file >> child;) {
    if (std::ranges::find(known, child) == known.end()) return true;
  }
  return !file.eof();
}

// The descriptor is of whoever has the number now, and what is read after that tells who it is.
Status Signal(const Process& process, int signal) {
  const auto pidfd = OpenPidfd(process.pid);
  if (!pidfd) return pidfd.error().number == ESRCH ? Status() : std::unexpected(pidfd.error());
  const UniqueFd proc(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!proc) return LastError("open", "/proc");
  const auto now = ReadProcess(proc.get(), std::to_string(process.pid).c_str());
  if (!now || now->started != process.started) return {};
  Status sent = SignalPidfd(*pidfd, signal);
  if (!sent && sent.error().number != ESRCH) return sent;
  return {};
}

Status SignalTree(pid_t root, int signal) {
  const int rounds = signal == SIGKILL ? kKillRounds : 1;
  for (int round = 0; round < rounds; ++round) {
    TRY(std::vector<Process> tree, AllProcesses());
    const std::vector<pid_t> members = TreeOf(root, tree);
    std::erase_if(tree, [&](const Process& one) { return !Contains(members, one.pid); });
    if (tree.empty()) return {};
    for (const Process& process : tree) TRY_STATUS(Signal(process, signal));
  }
  return {};
}

}  // namespace postern::sandbox::sys

// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/process_tree.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "sandbox/sys/directory.h"
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

// "PID (COMMAND) STATE PPID PGRP SESSION …"; the command may hold anything, so the last ')' counts.
std::optional<Process> ParseStat(pid_t pid, std::string_view stat) {
  const auto command_end = stat.rfind(')');
  if (command_end == std::string_view::npos) return std::nullopt;
  stat.remove_prefix(command_end + 1);
  Process process{pid, 0, 0};
  pid_t group = 0;
  const std::string_view state = NextWord(stat);
  const bool whole = ParseWhole(NextWord(stat), process.parent) &&
                     ParseWhole(NextWord(stat), group) &&
                     ParseWhole(NextWord(stat), process.session);
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

}  // namespace

Result<std::vector<Process>> AllProcesses() {
  const Directory proc(::opendir("/proc"));
  if (!proc) return LastError("opendir", "/proc");
  std::vector<Process> processes;
  while (const dirent* entry = ::readdir(proc.get())) {
    if (const auto process = ReadProcess(::dirfd(proc.get()), entry->d_name)) {
      processes.push_back(*process);
    }
  }
  return processes;
}

Result<std::vector<pid_t>> ProcessTree(pid_t root) {
  TRY(const std::vector<Process> processes, AllProcesses());
  std::vector<pid_t> tree = {root};
  for (const Process& process : processes) {
    if (process.session == root && process.pid != root) tree.push_back(process.pid);
  }
  for (std::size_t i = 0; i < tree.size(); ++i) {
    for (const Process& process : processes) {
      if (process.parent != tree[i]) continue;
      if (std::find(tree.begin(), tree.end(), process.pid) == tree.end()) {
        tree.push_back(process.pid);
      }
    }
  }
  const bool root_lives = std::any_of(processes.begin(), processes.end(),
                                      [root](const Process& one) { return one.pid == root; });
  if (!root_lives) tree.erase(tree.begin());
  return tree;
}

Status SignalTree(pid_t root, int signal) {
  const int rounds = signal == SIGKILL ? kKillRounds : 1;
  for (int round = 0; round < rounds; ++round) {
    TRY(const std::vector<pid_t> tree, ProcessTree(root));
    if (tree.empty()) return {};
    for (const pid_t pid : tree) {
      if (::kill(pid, signal) != 0 && errno != ESRCH) {
        return LastError("kill", std::to_string(pid));
      }
    }
  }
  return {};
}

}  // namespace postern::sandbox::sys

// SPDX-License-Identifier: BSD-2-Clause
// The command line of posternd: xinetd's single-dash words, and the same in GNU style.
//
// Parsing is pure. An unknown option, an extra word, a missing or unreadable value is an error: a
// daemon that ignores what it was asked for runs with other controls than its administrator thinks.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "wrapper/config/file_choice.h"

namespace postern::daemon {

struct Options {
  enum class Action : std::uint8_t { kRun, kCheck, kJudgeTls, kVersion, kHelp };
  Action action = Action::kRun;

  wrapper::FileChoice files;

  bool debug = false;       // messages to standard error
  bool foreground = false;  // do not fork; implied by debug
  bool stay_alive = false;  // run even with no service

  std::string log_file;                // empty: syslog_facility
  std::optional<int> syslog_facility;  // shifted; nullopt with a log_file, else LOG_DAEMON
  std::string pid_file;                // empty: none

  std::optional<std::uint32_t> limit;  // servers at a time, all services together
  std::optional<std::chrono::seconds> consistency_check;

  // Learns what this service does, and serves no other. Ends after so many of its programs, or so
  // long, if given.
  struct Learn {
    std::string service;
    std::optional<std::uint32_t> connections;
    std::optional<std::chrono::seconds> time;
  };
  std::optional<Learn> learn;

  std::vector<std::string> notices;  // for standard error: what was accepted without effect
};

// `words` is argv without argv[0]. The error is one line, without the usage text.
std::expected<Options, std::string> ParseOptions(std::span<const char* const> words);

std::string UsageText();
std::string VersionText();  // "posternd 0.1.0"

}  // namespace postern::daemon

// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/log/append_file.h"

#include <utility>

#include "sandbox/sys/files.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

sys::Result<AppendFile> AppendFile::Open(const std::string& path) {
  AppendFile file;
  TRY(file.fd_, sys::OpenForAppend(path));
  return file;
}

AppendFile::Outcome AppendFile::Append(std::string_view lines) {
  Outcome outcome;
  if (torn_) {
    auto ended = sys::WriteSome(fd_, "\n");
    if (!ended) {
      outcome.error = std::move(ended.error());
      return outcome;
    }
    torn_ = false;
  }
  while (outcome.written < lines.size()) {
    auto went = sys::WriteSome(fd_, lines.substr(outcome.written));
    if (!went) {
      outcome.error = std::move(went.error());
      break;
    }
    outcome.written += *went;
  }
  torn_ = outcome.written > 0 && lines[outcome.written - 1] != '\n';
  return outcome;
}

std::uint64_t AppendFile::Size() const { return sys::FileSize(fd_).value_or(0); }

}  // namespace postern::daemon

// SPDX-License-Identifier: BSD-2-Clause
// What the tests of the logs share: a program log to look into, and a log daemon that can fall
// silent.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/log/program_log.h"
#include "policy/service/log_choice.h"
#include "tests/testlib/temp_dir.h"

namespace postern::daemon {

struct LogFixture {
  testlib::TempDir directory;
  std::string program_file = directory / "program";
  std::unique_ptr<ProgramLog> program_log =
      std::move(ProgramLog::Open({.file = program_file}).value());

  // How many lines of the program log contain `text`.
  long Said(const std::string& text) const {
    const auto lines = testlib::LinesOf(program_file);
    return std::count_if(lines.begin(), lines.end(), [&](const std::string& line) {
      return line.find(text) != std::string::npos;
    });
  }
};

inline policy::LogTarget FileTarget(const std::string& path, std::optional<std::uint64_t> soft = {},
                                    std::optional<std::uint64_t> hard = {}) {
  policy::LogTarget target;
  target.kind = policy::LogKind::kFile;
  target.file = path;
  target.soft_limit = soft;
  target.hard_limit = hard;
  return target;
}

// A /dev/log of the test's own. It reads only when told to.
class FakeLogDaemon {
 public:
  explicit FakeLogDaemon(const std::string& path)
      : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ::unlink(path.c_str());
    // The cast is the socket API's own: bind(2) takes every family through sockaddr.
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      std::abort();
    }
  }
  ~FakeLogDaemon() { ::close(fd_); }
  FakeLogDaemon(const FakeLogDaemon&) = delete;
  FakeLogDaemon& operator=(const FakeLogDaemon&) = delete;

  std::vector<std::string> ReadAll() {
    std::vector<std::string> messages;
    std::vector<char> buffer(65536);
    for (ssize_t n; (n = ::recv(fd_, buffer.data(), buffer.size(), 0)) >= 0;) {
      messages.emplace_back(buffer.data(), static_cast<std::size_t>(n));
    }
    return messages;
  }

 private:
  int fd_;
};

}  // namespace postern::daemon

// SPDX-License-Identifier: BSD-2-Clause
// A name server on a loopback port of its own, which answers, lies and keeps silent as it is told.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "policy/base/text.h"
#include "sandbox/sys/payload.h"
#include "sandbox/sys/sockets.h"
#include "tests/testlib/dns_bytes.h"

namespace postern::testlib {

class DnsServer {
 public:
  struct Record {
    std::string owner;
    int type;
    int lifetime;
    std::string data;
  };
  struct Reply {
    int code = 0;  // of the header: 2 SERVFAIL, 3 NXDOMAIN
    std::vector<Record> records = {};
    bool silent = false;
    bool wrong_number = false;  // answers, then the right answer never comes
    int delay_ms = 0;
  };

  DnsServer() {
    namespace sys = sandbox::sys;
    socket_ = sys::MakeSocket(sys::SocketDomain::kInet4, sys::SocketKind::kDgram, 0).value();
    REQUIRE(sys::Bind(socket_, Loopback(0)));
    port_ = sys::LocalAddress(socket_).value().port();
    thread_ = std::thread([this] { Serve(); });
  }
  ~DnsServer() {
    stop_ = true;
    thread_.join();
  }
  static sandbox::sys::SocketAddress Loopback(std::uint16_t port) {
    return sandbox::sys::SocketAddress::Inet(
        {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1}, port, true);
  }
  std::uint16_t port() const { return port_; }
  std::string text() const { return "127.0.0.1:" + std::to_string(port_); }

  // NXDOMAIN for whatever is not told.
  void Tell(const std::string& name, int type, Reply reply) {
    const std::lock_guard lock(mutex_);
    replies_[{policy::ToLower(name), type}] = std::move(reply);
  }
  int asked(const std::string& name, int type) {
    const std::lock_guard lock(mutex_);
    return asked_[{policy::ToLower(name), type}];
  }

 private:
  void Serve() {
    std::byte buffer[1024];
    while (!stop_) {
      pollfd wait{socket_.get(), POLLIN, 0};
      if (::poll(&wait, 1, 50) != 1) continue;
      const auto received = sandbox::sys::ReceiveDatagram(socket_, buffer);
      if (received && received->length > 16) {
        Answer(std::span(buffer).first(received->length), received->sender);
      }
    }
  }
  static std::pair<std::string, int> Question(std::span<const std::byte> query) {
    std::string name;
    std::size_t at = 12;
    for (int length = 0; at < query.size() && (length = std::to_integer<int>(query[at])) != 0;) {
      if (!name.empty()) name += '.';
      for (int i = 0; i < length && ++at < query.size(); ++i) name += static_cast<char>(query[at]);
      ++at;
    }
    return {policy::ToLower(name), at + 2 < query.size() ? std::to_integer<int>(query[at + 2]) : 0};
  }
  void Answer(std::span<const std::byte> query, const sandbox::sys::SocketAddress& to) {
    const auto question = Question(query);
    Reply reply{.code = 3};
    {
      const std::lock_guard lock(mutex_);
      ++asked_[question];
      if (const auto told = replies_.find(question); told != replies_.end()) reply = told->second;
    }
    if (reply.silent) return;
    ::usleep(static_cast<unsigned>(reply.delay_ms) * 1000);
    DnsBytes message;
    message.Begin(question.first, question.second, static_cast<int>(reply.records.size()));
    for (const Record& record : reply.records) {
      message.Record(record.owner, record.type, record.lifetime, record.data);
    }
    std::vector<std::byte> bytes(message.bytes().begin(), message.bytes().end());
    bytes[0] = query[0];
    bytes[1] = query[1] ^ std::byte(reply.wrong_number ? 1 : 0);
    bytes[3] = std::byte(0x80 | reply.code);
    sandbox::sys::IgnoreError(sandbox::sys::SendDatagram(socket_, to, bytes), "the test sees it");
  }

  sandbox::sys::UniqueFd socket_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::map<std::pair<std::string, int>, Reply> replies_;
  std::map<std::pair<std::string, int>, int> asked_;
  std::thread thread_;
};

}  // namespace postern::testlib

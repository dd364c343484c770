// SPDX-License-Identifier: BSD-2-Clause
// Questions to name servers, hundreds at once: c-ares, with everything switched off but asking.
//
// Source: RFC 1035 (UDP, then TCP where a reply was cut). It matches replies to questions by
// server, port, number and text, and hands the message over unread. A channel of c-ares keeps one
// source port for as long as it has questions in flight, so there are many channels, and the idle
// ones are taken first: who forges a reply has to guess a port that is seconds old. Search lists,
// /etc/hosts and the name service switch are not its business, and it opens no file once it is
// made: a confined process may use it. One thread; not reentrant from `Done`, which may ask again.
//
// c-ares runs in processes that have no rights and hold no secret, and nowhere else.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox::dns {

enum class Outcome : std::uint8_t {
  kAnswered,  // `message` is the reply
  kNoSuch,    // there is no such name, or nothing of that type
  kFailed,    // no server answered, or none had an answer
};

class Transport {
 public:
  struct Settings {
    // "192.0.2.1", "[2001:db8::1]:5353", "fe80::1%eth0"; at least one, asked in this order.
    std::vector<std::string> servers;
    std::chrono::milliseconds timeout{5000};  // of the first attempt; later ones wait longer
    int attempts = 2;                         // of each server
    bool rotate = false;
    bool use_tcp = false;
  };
  static sys::Result<std::unique_ptr<Transport>> Make(const Settings& settings);
  ~Transport();  // what is asked is answered with kFailed
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  using Done = std::function<void(Outcome outcome, std::span<const std::byte> message)>;
  // Exactly one answer follows, at the earliest before this returns. `type` as on the wire.
  void Ask(const std::string& name, std::uint16_t type, Done done);

  std::size_t in_flight() const { return in_flight_; }
  // Other servers from now on; EBUSY while anything is in flight.
  sys::Status SetServers(const std::vector<std::string>& servers);

  // Readable when OnReady() has something to do; to be called when Wait() is over as well.
  const sys::UniqueFd& descriptor() const { return epoll_; }
  void OnReady();
  std::optional<std::chrono::milliseconds> Wait() const;  // nullopt: nothing is in flight

 private:
  static constexpr std::size_t kChannels = 32;
  struct Channel;
  explicit Transport(sys::UniqueFd epoll);

  sys::UniqueFd epoll_;
  std::size_t in_flight_ = 0;
  std::vector<std::unique_ptr<Channel>> channels_;
};

}  // namespace postern::sandbox::dns

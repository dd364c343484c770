// SPDX-License-Identifier: BSD-2-Clause
// The acceptor of posternd with puppets for helpers: a service and a client of each way in which a
// helper is asked.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "daemon/acceptor/consistency.h"
#include "daemon/acceptor/sessions.h"
#include "daemon/log/log_registry.h"
#include "fuzz/puppets.h"
#include "sandbox/launch.h"
#include "tests/testlib/temp_dir.h"

namespace postern::fuzz {

// The first postern-tls and its postern-keys, and another pair.
enum class Role : std::uint8_t { kRelay, kLookup, kTls, kKeys, kOtherTls, kOtherKeys };
inline constexpr std::size_t kRoles = 6;

struct NobodyHome final : daemon::ArrivalHandler {
  void OnArrival(daemon::Service&) override {}
  void OnSocketDead(daemon::Service&) override {}
};

class PosterndWithPuppets {
 public:
  // Every client is asked about when this returns: what helpers answer now means something.
  PosterndWithPuppets();
  ~PosterndWithPuppets();
  PosterndWithPuppets(const PosterndWithPuppets&) = delete;
  PosterndWithPuppets& operator=(const PosterndWithPuppets&) = delete;

  void Say(Role role, std::span<const std::byte> frame, bool with_descriptor);
  Role TlsOf(daemon::SessionId session) const;  // who has it; the first, when nobody has
  std::size_t clients() const { return clients_.size(); }
  void WriteAsClient(std::size_t which);
  void LeaveAsClient(std::size_t which);
  void RetireService(std::size_t which);
  void Turn();
  // Aborts when the daemon's books do not agree with each other, or a helper has said what may not
  // be in an environment.
  void CheckBooks() const;

 private:
  std::shared_ptr<daemon::Service> Make(policy::ServiceSpec spec);
  void MakeServices();
  void ServeClients();
  void AwaitPuppets();

  sandbox::Launcher& launcher_;
  testlib::TempDir folder_;
  std::unique_ptr<daemon::ProgramLog> log_;
  daemon::LogRegistry logs_;
  std::unique_ptr<daemon::EventLoop> loop_;
  wrapper::HostsFiles hosts_files_;
  daemon::Admission admission_;
  NobodyHome arrivals_;
  daemon::RelayClient relay_;
  daemon::LookupClient lookup_;
  daemon::TlsClient tls_;
  std::unique_ptr<daemon::Sessions> sessions_;
  std::vector<std::shared_ptr<daemon::Service>> services_;
  std::vector<sandbox::sys::UniqueFd> clients_;
  std::array<Puppet, kRoles> puppets_;
};

}  // namespace postern::fuzz

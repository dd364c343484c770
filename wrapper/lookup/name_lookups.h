// SPDX-License-Identifier: BSD-2-Clause
// The confirmed names of many addresses at once: files and name servers in the order of
// nsswitch.conf(5), reverse and forward, with one question in flight for each address.
//
// Neither waits nor opens a file. The rules are those of policy/names/name_rules.h, which tcpd
// follows too. What is learnt is kept for as long as its records allow; what failed is not kept.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/address/ip_address.h"
#include "policy/names/dns_message.h"
#include "policy/names/hosts_file.h"
#include "policy/names/resolver_files.h"
#include "sandbox/dns/dns_transport.h"
#include "wrapper/lookup/name_cache.h"

namespace postern::wrapper {

inline constexpr std::uint16_t kDnsPort = 53;

struct NameFiles {
  policy::HostsFile hosts;
  policy::NameSources sources;
  policy::ResolverSettings resolver;
};

class NameLookups {
 public:
  static constexpr std::size_t kMostInFlight = 1024;  // addresses
  // For how long an address without a name is believed to have none.
  static constexpr std::chrono::seconds kNoNameLife{10};

  // How the servers of the files are asked; tests have a port of their own.
  static sandbox::dns::Transport::Settings HowToAsk(const policy::ResolverSettings& resolver,
                                                    std::uint16_t port = kDnsPort);

  using Clock = std::function<std::chrono::milliseconds()>;
  NameLookups(std::unique_ptr<sandbox::dns::Transport> transport, NameFiles files, Clock clock,
              std::uint16_t port = kDnsPort);
  ~NameLookups();  // who waits is not answered any more
  NameLookups(const NameLookups&) = delete;
  NameLookups& operator=(const NameLookups&) = delete;

  // Exactly one answer follows, at the earliest before this returns; kFailed where there is no room
  // for another address.
  using Done = std::function<void(const NameResult& result)>;
  void Ask(const policy::IpAddress& address, Done done);

  // Other files from now on. Other servers are asked when what is in flight is answered; how long
  // and how often, as it was when `transport` was made.
  void UseFiles(NameFiles files);

  // Readable when OnReady() has something to do; to be called when Wait() is over as well.
  const sandbox::sys::UniqueFd& descriptor() const { return transport_->descriptor(); }
  void OnReady();
  std::optional<std::chrono::milliseconds> Wait() const { return transport_->Wait(); }

  std::size_t in_flight() const { return pending_.size(); }

 private:
  struct Pending {
    std::size_t source = 0;  // of sources.order: whose turn it is
    bool forward = false;
    std::string name;
    std::chrono::seconds lifetime{NameCache::kLongestLife};
    std::vector<Done> waiting;
  };
  using Message = std::span<const std::byte>;

  void Step(policy::IpAddress address);
  void NextSource(const policy::IpAddress& address);
  // Each is true when the source has settled it, or will.
  bool StepFiles(const policy::IpAddress& address, Pending& pending);
  void StepDns(const policy::IpAddress& address, const Pending& pending);
  void OnReply(const policy::IpAddress& address, sandbox::dns::Outcome outcome, Message message);
  void OnName(const policy::IpAddress& address, std::string name);
  void OnForward(const policy::IpAddress& address, const policy::HostAddresses& found);
  void Finish(policy::IpAddress address, NameFinding finding);
  void ChangeServers();

  NameFiles files_;
  Clock clock_;
  std::uint16_t port_;
  NameCache cache_;
  std::map<policy::IpAddress, Pending> pending_;
  bool servers_due_ = false;
  std::deque<policy::IpAddress> held_;                  // to be asked of the new servers
  std::unique_ptr<sandbox::dns::Transport> transport_;  // last: at its end it answers
};

}  // namespace postern::wrapper

// SPDX-License-Identifier: BSD-2-Clause
// One question to a policy, as a command line, a line of JSON or a line of expectations puts it.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "policy/address/ip_address.h"
#include "policy/decision/access_times.h"
#include "policy/decision/tls_identity.h"

namespace postern::cli {

// What is not given is unknown: nothing is looked up for it.
struct Question {
  std::optional<std::string> daemon, client_addr, client_name, user, server_addr, server_name,
      service, proxy_addr;
  std::optional<std::uint16_t> server_port;
  std::optional<policy::MinuteOfDay> at;
  std::optional<policy::ClientIdentity> client_cert;  // verified; nullopt: none

  // nullopt: unknown.
  std::optional<policy::IpAddress> Peer() const;
  std::optional<policy::IpAddress> Proxy() const;
};

// The names SetField() knows, as the keys of JSON; options spell them with '-'.
struct Field {
  const char* key;
  const char* value;  // what it is, for the usage text
  const char* help;
};
std::span<const Field> Fields();
std::optional<std::size_t> FieldIndex(std::string_view key);

// The error names the key and the value.
std::expected<void, std::string> SetField(Question& question, std::string_view key,
                                          std::string_view value);

// "HH:MM", or a date and time as ISO 8601 writes them, of which the time counts as it is written.
std::optional<policy::MinuteOfDay> ParseTime(std::string_view text);

}  // namespace postern::cli

// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/libwrap/convert.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "wrapper/access/fact_source.h"
#include "wrapper/lookup/interfaces.h"

namespace postern::wrapper::libwrap {
namespace {

using policy::hosts::Fact;
using sandbox::sys::SocketAddress;

std::size_t LengthOf(sa_family_t family) {
  if (family == AF_INET) return sizeof(sockaddr_in);
  if (family == AF_INET6) return sizeof(sockaddr_in6);
  if (family == AF_UNIX) return sizeof(sockaddr_un);
  return 0;
}

// An empty text has not been asked for.
Fact FactOf(const char (&text)[STRING_LENGTH]) {
  return text[0] == '\0' ? Fact::NotAsked() : Fact::Known({text, ::strnlen(text, sizeof text)});
}

policy::hosts::Host HostOf(host_info& host) {
  policy::hosts::Host result;
  result.name = FactOf(host.name);
  result.address = Fact::Known(eval_hostaddr(&host));
  const SocketAddress address = AddressOf(host.sin);
  if (address.is_inet()) result.port = address.port();
  return result;
}

void Store(const Fact& fact, char (&to)[STRING_LENGTH]) {
  if (fact.asked()) CopyText(fact.text(), to);
}

}  // namespace

void CopyText(std::string_view text, char (&to)[STRING_LENGTH]) {
  const std::size_t length = std::min(text.size(), sizeof to - 1);
  std::copy_n(text.data(), length, to);
  to[length] = '\0';
}

SocketAddress AddressOf(const sockaddr* address) {
  SocketAddress result;
  const std::size_t length = address == nullptr ? 0 : LengthOf(address->sa_family);
  if (length != 0) std::memcpy(result.data(), address, length);
  result.set_length(length);
  return result;
}

Fact PrintedAddress(const SocketAddress& address) {
  if (!address.known()) return Fact::Unknown();
  Connection connection;
  connection.client = address;
  return RequestOf(connection, {}).client.address;
}

policy::hosts::Request ToPolicy(request_info& request) {
  policy::hosts::Request result;
  result.daemon = Fact::Given({request.daemon, ::strnlen(request.daemon, sizeof request.daemon)});
  result.user = FactOf(request.user);
  result.client = HostOf(request.client[0]);
  result.server = HostOf(request.server[0]);
  AskForInterfaces(result);
  return result;
}

void FromPolicy(const policy::hosts::Request& from, request_info& to) {
  Store(from.daemon, to.daemon);
  Store(from.user, to.user);
  Store(from.client.name, to.client[0].name);
  Store(from.client.address, to.client[0].addr);
  Store(from.server.name, to.server[0].name);
  Store(from.server.address, to.server[0].addr);
}

std::uint32_t ProcessIdOf(const request_info& request) {
  std::uint32_t id = 0;
  std::from_chars(request.pid, request.pid + ::strnlen(request.pid, sizeof request.pid), id);
  return id;
}

}  // namespace postern::wrapper::libwrap

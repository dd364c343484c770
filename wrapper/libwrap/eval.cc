// SPDX-License-Identifier: BSD-2-Clause
// eval_*: what is known about a request, looked up at the first question and kept in the request.
//
// The composed texts live in a buffer of the calling thread until its next call.
#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include "policy/hosts/percent_expand.h"
#include "wrapper/libwrap/convert.h"
#include "wrapper/libwrap/request_facts.h"
#include "wrapper/lookup/system_lookup.h"

namespace {

namespace hosts = postern::policy::hosts;
using postern::wrapper::SystemLookup;
using postern::wrapper::libwrap::AddressOf;
using postern::wrapper::libwrap::CopyText;

constexpr std::size_t kLongestPair = 2 * STRING_LENGTH;  // "user@host" with its NUL

char* Keep(std::string_view text, char (&buffer)[kLongestPair]) {
  const std::size_t length = std::min(text.size(), sizeof buffer - 1);
  std::copy_n(text.data(), length, buffer);
  buffer[length] = '\0';
  return buffer;
}

bool Known(std::string_view text) { return text != hosts::kUnknown; }

}  // namespace

extern "C" void rfc931(sockaddr* client, sockaddr* server, char* user) noexcept {
  const auto answer = SystemLookup().UserOf(AddressOf(client), AddressOf(server),
                                            std::chrono::seconds(rfc931_timeout));
  const std::string& text = answer.asked() ? answer.text() : std::string(hosts::kUnknown);
  user[text.copy(user, STRING_LENGTH - 1)] = '\0';
}

extern "C" char* eval_user(request_info* request) noexcept {
  if (request->user[0] != '\0') return request->user;
  CopyText(unknown, request->user);
  if (postern::wrapper::libwrap::MayAskIdent(*request)) {
    rfc931(request->client[0].sin, request->server[0].sin, request->user);
  }
  return request->user;
}

extern "C" char* eval_hostaddr(host_info* host) noexcept {
  if (host->addr[0] != '\0') return host->addr;
  CopyText(unknown, host->addr);
  if (host->request->hostaddr != nullptr) host->request->hostaddr(host);
  return host->addr;
}

extern "C" char* eval_hostname(host_info* host) noexcept {
  if (host->name[0] != '\0') return host->name;
  CopyText(unknown, host->name);
  if (host->request->hostname != nullptr) host->request->hostname(host);
  return host->name;
}

// Looks no name up: a log line must not wait for a name server.
extern "C" char* eval_hostinfo(host_info* host) noexcept {
  const std::string_view name = host->name;
  const bool useful = !name.empty() && Known(name) && name != hosts::kParanoid;
  return useful ? host->name : eval_hostaddr(host);
}

extern "C" char* eval_client(request_info* request) noexcept {
  thread_local char buffer[kLongestPair];
  char* host = eval_hostinfo(request->client);
  const std::string_view user = request->user;
  if (user.empty() || !Known(user)) return host;
  return Keep(std::string(user) + "@" + host, buffer);
}

extern "C" char* eval_server(request_info* request) noexcept {
  thread_local char buffer[kLongestPair];
  const std::string_view host = eval_hostinfo(request->server);
  if (!Known(host)) return request->daemon;
  return Keep(std::string(request->daemon) + "@" + std::string(host), buffer);
}

extern "C" char* eval_port(sockaddr* address) noexcept {
  thread_local char buffer[kLongestPair];
  const auto known = AddressOf(address);
  return Keep(std::to_string(known.is_inet() ? known.port() : 0), buffer);
}

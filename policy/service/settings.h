// SPDX-License-Identifier: BSD-2-Clause
// What one block says, typed: a `service`, or all `defaults` together. Not yet checked as a whole.
//
// Every member is one attribute of attributes.cc, in the same order. settings_reader fills it,
// defaults are merged into it, and the checks make a ServiceSpec of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/address/address_word.h"
#include "policy/decision/access_times.h"
#include "policy/service/conf_document.h"
#include "policy/service/confinement.h"
#include "policy/service/service_spec.h"
#include "policy/service/written_path.h"

namespace postern::policy {

// A value and the assignment it came from. An inetd.conf field has a value and no assignment.
template <typename T>
struct Setting {
  std::optional<T> value;
  const Assignment* from = nullptr;

  explicit operator bool() const { return value.has_value(); }
  const T& operator*() const { return *value; }
  const T* operator->() const { return &*value; }
};

struct TypeSet {
  bool rpc = false, internal = false, unlisted = false, tcpmux = false, tcpmuxplus = false;
  friend bool operator==(const TypeSet&, const TypeSet&) = default;
};

struct FlagSet {
  bool reuse = false, intercept = false, noretry = false, idonly = false, nameinargs = false;
  bool nodelay = false, keepalive = false, nolibwrap = false, sensor = false;
  bool ipv4 = false, ipv6 = false, labeled = false;
  friend bool operator==(const FlagSet&, const FlagSet&) = default;
};

struct RpcVersions {
  std::uint32_t low = 0, high = 0;
  friend bool operator==(const RpcVersions&, const RpcVersions&) = default;
};

struct RedirectTarget {
  std::string host, port;
  friend bool operator==(const RedirectTarget&, const RedirectTarget&) = default;
};

enum class ProxyProtocol : std::uint8_t { kOff, kRequire };
enum class TrailingComments : std::uint8_t { kRefuse, kAccept };

using Strings = std::vector<std::string>;
using AddressWords = std::vector<AddressWord>;
using Minutes = std::optional<std::chrono::minutes>;  // nullopt: NEVER; zero: FOREVER

struct Settings {
  // Identity and socket.
  Setting<std::string> id;
  Setting<TypeSet> type;
  Setting<FlagSet> flags;
  Setting<bool> disable;
  Setting<SocketType> socket_type;
  Setting<std::string> protocol;
  Setting<bool> wait;
  Setting<std::uint16_t> port;
  Setting<std::string> bind;
  Setting<bool> v6only;
  Setting<RedirectTarget> redirect;
  Setting<RedirectProxy> redirect_proxy;
  Setting<RpcVersions> rpc_version;
  Setting<std::uint32_t> rpc_number;
  // The server process.
  Setting<std::string> user, group;
  Setting<bool> groups;
  Setting<std::string> server;
  Setting<Strings> server_args, env, passenv;
  Setting<std::uint32_t> umask;
  Setting<int> nice;
  Setting<Limit> rlimit_as, rlimit_data, rlimit_rss, rlimit_stack, rlimit_files, rlimit_cpu;
  Setting<Limit> rlimit_nproc, rlimit_fsize, rlimit_core, rlimit_memlock;
  Setting<Limit> rlimit_locks, rlimit_sigpending, rlimit_msgqueue, rlimit_nice, rlimit_rtprio;
  Setting<Limit> rlimit_rttime;
  // Admission.
  Setting<AddressWords> only_from, no_access;
  Setting<AccessPrecedence> access_precedence;
  Setting<AccessTimes> access_times;
  Setting<Limit> instances, per_source;
  Setting<ConnectionRate> cps;
  Setting<SourceRate> cps_per_source;
  Setting<double> max_load;
  Setting<Minutes> deny_time;
  Setting<std::string> libwrap;
  // Logs and banners.
  Setting<LogTarget> log_type;
  Setting<LogOnSuccess> log_on_success;
  Setting<LogOnFailure> log_on_failure;
  Setting<std::string> banner, banner_success, banner_fail;
  Setting<bool> mdns;
  // The configuration as a whole.
  Setting<Strings> enabled, disabled;
  Setting<TrailingComments> trailing_comments;
  // Confinement.
  Setting<SandboxProfile> sandbox;
  Setting<SyscallEdit> syscalls;
  Setting<SyscallAction> syscall_action;
  Setting<Edit<NamespaceSet>> namespaces;
  Setting<Strings> read_only_paths, read_write_paths, hidden_paths;
  Setting<std::string> root;
  Setting<bool> private_tmp, private_dev;
  Setting<Edit<Strings>> capabilities;
  Setting<bool> no_new_privileges;
  Setting<NetworkAccess> network;
  Setting<std::vector<std::uint16_t>> connect_to;
  Setting<Isolation> isolation;
  Setting<ZygoteStart> zygote;
  Setting<OnMissing> on_missing;
  Setting<Limit> memory_max, tasks_max, cpu_max;
  Setting<int> oom_score_adj;
  Setting<Limit> max_lifetime, idle_timeout;
  // TLS and PROXY.
  Setting<bool> tls;
  Setting<WrittenPaths> tls_certificate, tls_private_key, tls_ocsp;
  Setting<WrittenPath> tls_client_ca, tls_crl;
  Setting<TlsVerify> tls_verify_client;
  Setting<TlsVersion> tls_min_version;
  Setting<Strings> tls_alpn;
  Setting<TlsSni> tls_sni;
  Setting<std::uint32_t> tls_handshake_timeout, tls_workers;
  Setting<Strings> tls_only_from, tls_no_access;
  Setting<StartTls> starttls;
  Setting<bool> starttls_required;
  Setting<ProxyProtocol> proxy_protocol;
  Setting<AddressWords> proxy_from;
};

}  // namespace postern::policy

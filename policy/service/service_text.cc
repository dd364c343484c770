// SPDX-License-Identifier: BSD-2-Clause
// The "Service configuration" part of the state dump; see service_text.h.
#include "policy/service/service_text.h"

#include <array>
#include <string_view>

#include "policy/service/codec_names.h"
#include "policy/service/log_codec.h"
#include "policy/service/scalar_codecs.h"

namespace postern::policy {
namespace {

constexpr Names<Builtin, 7> kBuiltinText{{{"echo", Builtin::kEcho},
                                          {"discard", Builtin::kDiscard},
                                          {"daytime", Builtin::kDaytime},
                                          {"time", Builtin::kTime},
                                          {"chargen", Builtin::kChargen},
                                          {"tcpmux", Builtin::kTcpmux},
                                          {"sensor", Builtin::kSensor}}};

constexpr Names<Family, 5> kFamilyText{{{"IPv6 and IPv4", Family::kDual},
                                        {"IPv4", Family::kIpv4},
                                        {"IPv6, IPv4 mapped", Family::kIpv6},
                                        {"IPv6 only", Family::kIpv6Only},
                                        {"unix", Family::kUnix}}};

constexpr Names<ResourceKind, 16> kResourceText{
    {{"rlimit_as", ResourceKind::kAddressSpace},
     {"rlimit_data", ResourceKind::kData},
     {"rlimit_rss", ResourceKind::kResident},
     {"rlimit_stack", ResourceKind::kStack},
     {"rlimit_files", ResourceKind::kOpenFiles},
     {"rlimit_cpu", ResourceKind::kCpuSeconds},
     {"rlimit_nproc", ResourceKind::kProcesses},
     {"rlimit_fsize", ResourceKind::kFileSize},
     {"rlimit_core", ResourceKind::kCore},
     {"rlimit_memlock", ResourceKind::kLockedMemory},
     {"rlimit_locks", ResourceKind::kFileLocks},
     {"rlimit_sigpending", ResourceKind::kPendingSignals},
     {"rlimit_msgqueue", ResourceKind::kMessageQueues},
     {"rlimit_nice", ResourceKind::kNice},
     {"rlimit_rtprio", ResourceKind::kRealtimePriority},
     {"rlimit_rttime", ResourceKind::kRealtimeMicroseconds}}};

std::string Joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::string KindWord(const AddressWord& word) {
  if (word.kind == AddressWordKind::kHost) return word.text + "(HOST)";
  if (word.kind == AddressWordKind::kDomain) return word.text + "(DOMAIN)";
  return word.text + "(NET)";
}

class Description {
 public:
  explicit Description(const ServiceSpec& spec) : spec_(spec) {}

  std::string Text() {
    Identity();
    Socket();
    if (spec_.kind == ServiceKind::kInternal)
      Line("Builtin", EnumText<kBuiltinText>(spec_.builtin));
    if (spec_.kind == ServiceKind::kProgram || spec_.kind == ServiceKind::kTcpmux) Program();
    if (spec_.kind == ServiceKind::kRedirect) Redirect();
    Admission();
    if (spec_.tls) Tls(*spec_.tls);
    Logging();
    return std::move(out_);
  }

 private:
  template <const auto& kNames>
  static std::string EnumText(auto value) {
    return EnumCodec<kNames>::Print(value);
  }

  void Line(std::string_view name, std::string_view value) {
    out_ += "\t" + std::string(name) + " = " + EscapeText(value) + "\n";
  }

  void Identity();
  void Socket();
  void Program();
  void Redirect();
  void Admission();
  void Lists();
  void Proxies();
  void Tls(const TlsSpec& tls);
  void Logging();
  std::string Flags() const;
  std::string Types() const;

  const ServiceSpec& spec_;
  std::string out_;
};

std::string Description::Flags() const {
  FlagSet flags;
  flags.noretry = spec_.no_retry;
  flags.keepalive = spec_.keepalive;
  flags.nodelay = spec_.nodelay;
  flags.nolibwrap = spec_.no_libwrap;
  flags.idonly = spec_.ident_only;
  flags.sensor = spec_.kind == ServiceKind::kInternal && spec_.builtin == Builtin::kSensor;
  return FlagsCodec<FlagSet, kFlags>::Print(flags);
}

std::string Description::Types() const {
  TypeSet types;
  types.internal = spec_.kind == ServiceKind::kInternal;
  types.unlisted = spec_.unlisted;
  types.tcpmuxplus = spec_.kind == ServiceKind::kTcpmux && spec_.tcpmux_greeting;
  types.tcpmux = spec_.kind == ServiceKind::kTcpmux && !spec_.tcpmux_greeting;
  return FlagsCodec<TypeSet, kTypes>::Print(types);
}

void Description::Identity() {
  out_ += "Service configuration: " + EscapeText(spec_.name) + "\n";
  Line("id", spec_.id);
  Line("Written in", spec_.where.file + ":" + std::to_string(spec_.where.line));
  if (const std::string flags = Flags(); !flags.empty()) Line("flags", flags);
  if (const std::string types = Types(); !types.empty()) Line("type", types);
}

void Description::Socket() {
  const ListenAddress& listen = spec_.listen;
  Line("socket_type", EnumText<kSocketTypes>(spec_.socket_type));
  Line("wait", spec_.wait ? "yes" : "no");
  if (spec_.kind == ServiceKind::kTcpmux) return;
  Line("Family", EnumText<kFamilyText>(listen.family));
  if (listen.family == Family::kUnix) return Line("Path", listen.unix_path);
  const char* const name = listen.protocol == 6 ? "tcp" : listen.protocol == 17 ? "udp" : "other";
  out_ += "\tProtocol (name,number) = (" + std::string(name) + "," +
          std::to_string(listen.protocol) + ")\n";
  Line("port", std::to_string(listen.port));
  Line("Bind", listen.address ? listen.address->ToString() : "All addresses.");
}

void Description::Program() {
  const struct Program& program = spec_.program;
  Line("Server", program.path);
  Line("Server argv", Joined(program.argv));
  Line("user", std::to_string(program.credentials.uid));
  Line("group", std::to_string(program.credentials.gid));
  std::string groups;
  for (const std::uint32_t group : program.credentials.groups) {
    groups += (groups.empty() ? "" : " ") + std::to_string(group);
  }
  Line("Groups", groups.empty() ? "no" : groups);
  if (program.umask) Line("umask", OctalCodec::Print(*program.umask));
  if (program.nice) Line("Nice", std::to_string(*program.nice));
  for (const ResourceLimit& limit : program.limits) {
    Line(EnumText<kResourceText>(limit.kind), SizeCodec::Print(limit.value));
  }
  // Names alone: a value may be a secret, and the dump can be read by everybody.
  out_ += "\tEnvironment variables:\n";
  for (const std::string& word : program.environment) {
    out_ += "\t\t" + EscapeText(VariableName(word)) + "\n";
  }
}

void Description::Redirect() {
  Line("Redirect", spec_.redirect.host + ":" + std::to_string(spec_.redirect.port));
  Line("Redirect proxy", EnumText<kRedirectProxies>(spec_.redirect.proxy));
}

void Description::Proxies() {
  Line("Proxy protocol", spec_.proxy_from ? "require" : "off");
  if (!spec_.proxy_from) return;
  out_ += "\tProxy from:";
  for (const AddressWord& word : spec_.proxy_from->words()) {
    out_ += " " + EscapeText(KindWord(word));
  }
  out_ += "\n";
}

void Description::Lists() {
  if (!spec_.only_from) {
    out_ += "\tOnly from: All sites\n";
  } else if (spec_.only_from->words().empty()) {
    out_ += "\tOnly from: nobody\n";
  } else {
    out_ += "\tOnly from:";
    for (const AddressWord& word : spec_.only_from->words()) {
      out_ += " " + EscapeText(KindWord(word));
    }
    out_ += "\n";
  }
  const bool refuses = spec_.no_access && !spec_.no_access->words().empty();
  out_ += refuses ? "\tNo access:" : "\tNo access: No blocked sites";
  if (refuses) {
    for (const AddressWord& word : spec_.no_access->words()) {
      out_ += " " + EscapeText(KindWord(word));
    }
  }
  out_ += "\n";
}

void Description::Admission() {
  Proxies();
  Line("Instances", CountCodec::Print(spec_.instances));
  Line("PER_SOURCE", CountCodec::Print(spec_.per_source));
  out_ += "\tCPS = max conn:" + std::to_string(spec_.cps.rate) +
          " wait:" + std::to_string(spec_.cps.wait) + "\n";
  if (spec_.cps_per_source) Line("CPS per source", SourceRateCodec::Print(*spec_.cps_per_source));
  if (spec_.max_load) Line("Max load", LoadCodec::Print(*spec_.max_load));
  if (spec_.access_times) Line("Access times", spec_.access_times->ToString());
  Lists();
  Line("Access precedence", EnumText<kPrecedences>(spec_.precedence));
  if (spec_.kind == ServiceKind::kInternal && spec_.builtin == Builtin::kSensor) {
    Line("Deny Time", DenyTimeCodec::Print(spec_.deny_time));
  }
  Line("Libwrap", spec_.no_libwrap ? "not asked" : spec_.libwrap_name);
}

void Description::Tls(const TlsSpec& tls) {
  for (const TlsSpec::Pair& pair : tls.pairs) {
    Line("TLS certificate and key", pair.certificate.path + " " + pair.private_key.path);
  }
  Line("TLS client certificates", EnumText<kTlsVerify>(tls.verify));
  const auto list = [this](const char* name,
                           const std::optional<std::vector<IdentityPattern>>& of) {
    if (!of) return;
    std::vector<std::string> words;
    for (const IdentityPattern& pattern : *of) words.push_back(pattern.word());
    Line(name, words.empty() ? "nobody" : Joined(words));
  };
  list("TLS only from", tls.rules.only_from);
  list("TLS no access", tls.rules.no_access);
}

void Description::Logging() {
  const std::string target = LogTypeCodec::Print(spec_.log);
  Line("Logging to", target.empty() ? "nowhere" : target);
  Line("Log_on_success flags",
       FlagsCodec<LogOnSuccess, kLogOnSuccess>::Print(spec_.log_on_success));
  Line("Log_on_failure flags",
       FlagsCodec<LogOnFailure, kLogOnFailure>::Print(spec_.log_on_failure));
  if (!spec_.banners.always.empty()) Line("Banner", spec_.banners.always);
  if (!spec_.banners.on_success.empty()) Line("Banner success", spec_.banners.on_success);
  if (!spec_.banners.on_failure.empty()) Line("Banner fail", spec_.banners.on_failure);
}

}  // namespace

std::string DescribeService(const ServiceSpec& spec) { return Description(spec).Text(); }

}  // namespace postern::policy

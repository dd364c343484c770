// SPDX-License-Identifier: BSD-2-Clause
// The rows of the attribute table; see attributes.h. Grouped as in the manual.
#include <array>

#include "policy/service/attribute_field.h"
#include "policy/service/attributes.h"
#include "policy/service/codec_names.h"
#include "policy/service/list_codecs.h"
#include "policy/service/log_codec.h"
#include "policy/service/scalar_codecs.h"

namespace postern::policy {
namespace {

using enum Scope;
constexpr Operators kSet = Operators::kSet;
constexpr Operators kAppend = Operators::kAppend;
constexpr Operators kList = Operators::kList;
constexpr Arity kOne{1, 1};
constexpr Arity kTwo{2, 2};
constexpr Arity kSome{1, kAnyCount};
constexpr Arity kAny{0, kAnyCount};
constexpr Inheritance kNone = Inheritance::kNone;
constexpr Inheritance kFill = Inheritance::kFill;
constexpr Inheritance kBase = Inheritance::kBase;
using S = Settings;
using YesNo = EnumCodec<kYesNo>;

constexpr auto kAttributes = std::to_array<Attribute>({

    // Identity and socket.
    {"id", kService, kSet, kOne, kNone, "NAME",
     "Names the service in logs, in enabled and disabled, and across a reload. Default: "
     "the service name.",
     "0.1", Field<&S::id, TextCodec>()},
    {"type", kService, kSet, kSome, kNone, "INTERNAL UNLISTED TCPMUX TCPMUXPLUS",
     "UNLISTED: the port is the one given here, not that of /etc/services. INTERNAL: the "
     "service is built in. TCPMUX, TCPMUXPLUS: started by tcpmux, needs UNLISTED. RPC is "
     "recognised and refused.",
     "0.1", Field<&S::type, FlagsCodec<TypeSet, kTypes>>()},
    {"flags", kService, kSet, kSome, kNone, "FLAG ...",
     "REUSE is always on. NAMEINARGS: server_args begins with argv[0]. NODELAY, KEEPALIVE:"
     " set on the socket. NORETRY: do not retry a failed fork. NOLIBWRAP: hosts.allow and "
     "hosts.deny do not concern this service. SENSOR: record who knocks, serve nobody. "
     "IPv4, IPv6: the family of the socket. IDONLY: serve only clients whose ident server "
     "names their user, within 30 seconds. INTERCEPT and LABELED are recognised and refused.",
     "0.1", Field<&S::flags, FlagsCodec<FlagSet, kFlags>>()},
    {"disable", kService, kSet, kOne, kNone, "yes | no",
     "yes: the service does not exist; what follows in its block is not judged.", "0.1",
     Field<&S::disable, YesNo>()},
    {"socket_type", kService, kSet, kOne, kNone, "stream | dgram | raw | seqpacket",
     "The kind of socket. Default: stream for protocol tcp, dgram for udp.", "0.1",
     Field<&S::socket_type, EnumCodec<kSocketTypes>>()},
    {"protocol", kService, kSet, kOne, kNone, "NAME",
     "A protocol of /etc/protocols. Default: tcp for stream, udp for dgram.", "0.1",
     Field<&S::protocol, TextCodec>()},
    {"wait", kService, kSet, kOne, kNone, "yes | no",
     "yes: the server is given the listening socket and nobody else is served until it "
     "exits. no: one server for each connection. Required.",
     "0.1", Field<&S::wait, YesNo>()},
    {"port", kService, kSet, kOne, kNone, "PORT",
     "The port. Must agree with /etc/services unless type says UNLISTED.", "0.1",
     Field<&S::port, PortCodec>()},
    {"bind", kBoth, kSet, kOne, kFill, "ADDRESS | HOST",
     "The one local address to listen on. Default: all. Also spelt interface.", "0.1",
     Field<&S::bind, TextCodec>()},
    {"v6only", kBoth, kSet, kOne, kFill, "yes | no",
     "yes: an IPv6 socket that takes no IPv4 connections. Default: no.", "0.1",
     Field<&S::v6only, YesNo>()},
    {"redirect", kService, kSet, kTwo, kNone, "HOST PORT",
     "Connects every client to this host and port instead of starting a server. Stream "
     "sockets with wait = no only.",
     "0.1", Field<&S::redirect, RedirectCodec>()},
    {"redirect_proxy", kService, kSet, kOne, kNone, "off | v1 | v2",
     "v1, v2: that host is told the client's address by a PROXY header of this version, before "
     "anything of the client's; by v2 also of the TLS that was ended here, and what a proxy in "
     "front says of names and of the connection (PROXIES). Default: off.",
     "0.1", Field<&S::redirect_proxy, EnumCodec<kRedirectProxies>>()},
    {"rpc_version", kService, kSet, kOne, kNone, "N | LOW-HIGH",
     "Part of RPC services, which are recognised and refused.", "0.1",
     Field<&S::rpc_version, RpcVersionsCodec>()},
    {"rpc_number", kService, kSet, kOne, kNone, "N",
     "Part of RPC services, which are recognised and refused.", "0.1",
     Field<&S::rpc_number, Unsigned32Codec>()},

    // The server process.
    {"user", kService, kSet, kOne, kNone, "NAME | UID",
     "Who the server runs as. A number is a uid, and the gid is the same number unless "
     "group is given. Required unless INTERNAL.",
     "0.1", Field<&S::user, AccountCodec>()},
    {"group", kService, kSet, kOne, kNone, "NAME | GID",
     "The group the server runs as. Default: the primary group of user.", "0.1",
     Field<&S::group, AccountCodec>()},
    {"groups", kBoth, kSet, kOne, kFill, "yes | no",
     "yes: the server has the supplementary groups of user. no: it has none. Default: no; "
     "yes for inetd.conf.",
     "0.1", Field<&S::groups, YesNo>()},
    {"server", kService, kSet, kOne, kNone, "PATH",
     "The program. Must be an executable file. Required unless INTERNAL or redirect.", "0.1",
     Field<&S::server, PathCodec>()},
    {"server_args", kService, kSet, kSome, kNone, "ARG ...",
     "The arguments after argv[0]; with NAMEINARGS, argv[0] too. Blanks cannot be quoted.", "0.1",
     Field<&S::server_args, ArgumentsCodec>()},
    {"env", kService, kAppend, kAny, kNone, "NAME=VALUE ...", "Added to the server's environment.",
     "0.1", Field<&S::env, EnvironmentCodec>()},
    {"passenv", kBoth, kList, kAny, kBase, "NAME ...",
     "The variables of the daemon's environment that are passed on. Default: all; an empty"
     " list: none.",
     "0.1", Field<&S::passenv, VariableListCodec>()},
    {"umask", kBoth, kSet, kOne, kFill, "OCTAL",
     "The umask of the server. Default: the daemon's own, at least 022.", "0.1",
     Field<&S::umask, OctalCodec>()},
    {"nice", kService, kSet, kOne, kNone, "N", "Added to the server's nice value.", "0.1",
     Field<&S::nice, NiceCodec>()},
    {"rlimit_as", kService, kSet, kOne, kNone, "BYTES[K|M|G] | UNLIMITED",
     "Limit of the server's address space, soft and hard.", "0.1",
     Field<&S::rlimit_as, NonzeroSizeCodec>()},
    {"rlimit_data", kService, kSet, kOne, kNone, "BYTES[K|M|G] | UNLIMITED",
     "Limit of the server's data segment, soft and hard.", "0.1",
     Field<&S::rlimit_data, NonzeroSizeCodec>()},
    {"rlimit_rss", kService, kSet, kOne, kNone, "BYTES[K|M|G] | UNLIMITED",
     "Limit of the server's resident set, soft and hard.", "0.1",
     Field<&S::rlimit_rss, NonzeroSizeCodec>()},
    {"rlimit_stack", kService, kSet, kOne, kNone, "BYTES[K|M|G] | UNLIMITED",
     "Limit of the server's stack, soft and hard.", "0.1",
     Field<&S::rlimit_stack, NonzeroSizeCodec>()},
    {"rlimit_files", kService, kSet, kOne, kNone, "COUNT | UNLIMITED",
     "Limit of the server's open files.", "0.1", Field<&S::rlimit_files, NonzeroSizeCodec>()},
    {"rlimit_cpu", kService, kSet, kOne, kNone, "SECONDS | UNLIMITED",
     "Limit of the server's CPU time.", "0.1", Field<&S::rlimit_cpu, NonzeroCountCodec>()},
    {"rlimit_nproc", kBoth, kSet, kOne, kFill, "COUNT | UNLIMITED",
     "Limit of the processes of the server's user.", "0.1", Field<&S::rlimit_nproc, CountCodec>()},
    {"rlimit_fsize", kBoth, kSet, kOne, kFill, "BYTES[K|M|G] | UNLIMITED",
     "Limit of the size of files the server writes.", "0.1", Field<&S::rlimit_fsize, SizeCodec>()},
    {"rlimit_core", kBoth, kSet, kOne, kFill, "BYTES[K|M|G] | UNLIMITED",
     "Limit of the size of core files; 0 for none.", "0.1", Field<&S::rlimit_core, SizeCodec>()},
    {"rlimit_memlock", kBoth, kSet, kOne, kFill, "BYTES[K|M|G] | UNLIMITED",
     "Limit of the memory the server may lock.", "0.1", Field<&S::rlimit_memlock, SizeCodec>()},
    {"rlimit_locks", kBoth, kSet, kOne, kFill, "COUNT | UNLIMITED",
     "Limit of the file locks of the server; Linux ignores it.", "0.1",
     Field<&S::rlimit_locks, CountCodec>()},
    {"rlimit_sigpending", kBoth, kSet, kOne, kFill, "COUNT | UNLIMITED",
     "Limit of the signals queued for the server's user.", "0.1",
     Field<&S::rlimit_sigpending, CountCodec>()},
    {"rlimit_msgqueue", kBoth, kSet, kOne, kFill, "BYTES[K|M|G] | UNLIMITED",
     "Limit of the POSIX message queues of the server's user.", "0.1",
     Field<&S::rlimit_msgqueue, SizeCodec>()},
    {"rlimit_nice", kBoth, kSet, kOne, kFill, "0-40 | UNLIMITED",
     "How far the server may lower its nice value: to 20 minus this number.", "0.1",
     Field<&S::rlimit_nice, CountCodec>()},
    {"rlimit_rtprio", kBoth, kSet, kOne, kFill, "0-99 | UNLIMITED",
     "Limit of the server's real-time priority.", "0.1", Field<&S::rlimit_rtprio, CountCodec>()},
    {"rlimit_rttime", kBoth, kSet, kOne, kFill, "MICROSECONDS | UNLIMITED",
     "Limit of the CPU time that the server uses under a real-time policy without a pause.", "0.1",
     Field<&S::rlimit_rttime, CountCodec>()},

    // Admission.
    {"only_from", kBoth, kList, kAny, kBase, "ADDRESS ...",
     "Who may connect. Without it everybody may; an empty list admits nobody.", "0.1",
     Field<&S::only_from, AddressListCodec>()},
    {"no_access", kBoth, kList, kAny, kBase, "ADDRESS ...",
     "Who may not connect, whatever only_from says.", "0.1",
     Field<&S::no_access, AddressListCodec>()},
    {"access_precedence", kBoth, kSet, kOne, kFill, "no_access | specific",
     "Which list wins when a client is in both: no_access always, or the list with the "
     "longer matching prefix. Default: no_access.",
     "0.1", Field<&S::access_precedence, EnumCodec<kPrecedences>>()},
    {"access_times", kService, kSet, kSome, kNone, "H:MM-H:MM ...",
     "The times of day, local time, at which the service may be used. A range may cross "
     "midnight.",
     "0.1", Field<&S::access_times, AccessTimesCodec>()},
    {"instances", kBoth, kSet, kOne, kFill, "COUNT | UNLIMITED",
     "How many servers may run at a time. 0 refuses always. Default: UNLIMITED.", "0.1",
     Field<&S::instances, CountCodec>()},
    {"per_source", kBoth, kSet, kOne, kFill, "COUNT | UNLIMITED",
     "How many servers may run at a time for one client address. Default: UNLIMITED.", "0.1",
     Field<&S::per_source, CountCodec>()},
    {"cps", kBoth, kSet, kTwo, kFill, "RATE SECONDS",
     "More than RATE connections within a second close the service for SECONDS. RATE 0: no"
     " limit. Default: 50 10.",
     "0.1", Field<&S::cps, RateCodec>()},
    {"cps_per_source", kBoth, kSet, kTwo, kFill, "COUNT SECONDS",
     "At most COUNT connections in SECONDS from one address (IPv6: one /64); more are "
     "refused without closing the service. COUNT 0: no limit. Default: no limit.",
     "0.1", Field<&S::cps_per_source, SourceRateCodec>()},
    {"max_load", kBoth, kSet, kOne, kFill, "LOAD",
     "Refuses while the one-minute load average is at or above LOAD. A negative value "
     "refuses always.",
     "0.1", Field<&S::max_load, LoadCodec>()},
    {"deny_time", kService, kSet, kOne, kNone, "MINUTES | FOREVER | NEVER",
     "With flag SENSOR: for how long every service refuses an address that knocked. "
     "Default: NEVER.",
     "0.1", Field<&S::deny_time, DenyTimeCodec>()},
    {"libwrap", kService, kSet, kOne, kNone, "NAME",
     "The daemon name that hosts_access(5) rules are matched against. Default: the name of the "
     "program; of the service where there is none. Options act, and netgroups are asked for, as "
     "the service's user; a service without a program refuses the clients that would need it.",
     "0.1", Field<&S::libwrap, TextCodec>()},

    // Logs and banners.
    {"log_type", kBoth, kSet, kSome, kFill, "SYSLOG FACILITY [LEVEL] | FILE PATH [SOFT [HARD]]",
     "Where the records of the service go. Default: nowhere.", "0.1",
     Field<&S::log_type, LogTypeCodec>()},
    {"log_on_success", kBoth, kList, kAny, kBase, "PID HOST USERID EXIT DURATION TRAFFIC",
     "What START, EXIT and TRAFFIC records hold. Without any, none is written. USERID: the "
     "client's ident server is asked before the service starts, and a USERID record written.",
     "0.1", Field<&S::log_on_success, FlagsCodec<LogOnSuccess, kLogOnSuccess>>()},
    {"log_on_failure", kBoth, kList, kAny, kBase, "HOST USERID ATTEMPT",
     "What FAIL records hold. Without any, none is written. USERID: the client's ident server "
     "is asked, and a USERID record follows.",
     "0.1", Field<&S::log_on_failure, FlagsCodec<LogOnFailure, kLogOnFailure>>()},
    {"banner", kBoth, kSet, kOne, kFill, "FILE", "A file sent to every client first.", "0.1",
     Field<&S::banner, PathCodec>()},
    {"banner_success", kBoth, kSet, kOne, kFill, "FILE",
     "A file sent to every client that is admitted.", "0.1",
     Field<&S::banner_success, PathCodec>()},
    {"banner_fail", kBoth, kSet, kOne, kFill, "FILE",
     "A file sent to every client that is refused.", "0.1", Field<&S::banner_fail, PathCodec>()},
    {"mdns", kBoth, kSet, kOne, kNone, "yes | no",
     "Accepted and without meaning: xinetd no longer registers services with mDNS.", "0.1",
     Field<&S::mdns, YesNo>()},

    // The configuration as a whole.
    {"enabled", kDefaults, kList, kAny, kNone, "ID ...",
     "Only the services listed here exist. disabled and disable = yes still apply.", "0.1",
     Field<&S::enabled, ServiceIdListCodec>()},
    {"disabled", kDefaults, kList, kAny, kNone, "ID ...", "Services that do not exist.", "0.1",
     Field<&S::disabled, ServiceIdListCodec>()},
    {"trailing_comments", kDefaults, kSet, kOne, kNone, "refuse | accept",
     "accept: a word that begins with # ends an attribute line. refuse: such a line is an "
     "error, since xinetd drops the attribute without a word. Default: refuse.",
     "0.1", Field<&S::trailing_comments, EnumCodec<kTrailingComments>>()},

    // Confinement.
    {"sandbox", kBoth, kSet, kOne, kFill, "none | baseline | standard | strict",
     "The confinement profile of the server, see PROFILES. Default: standard; baseline for a "
     "program that is setuid, setgid or has file capabilities.",
     "0.1", Field<&S::sandbox, EnumCodec<kProfiles>>()},
    {"syscalls", kBoth, kList, kAny, kBase, "@GROUP | NAME ...",
     "System calls the server may use. += and -= change the list of the profile, also in "
     "defaults; where a group and a member of it collide, -= wins. Default: the profile's.",
     "0.1", Field<&S::syscalls, SyscallEditCodec>()},
    {"syscall_action", kBoth, kSet, kOne, kFill, "kill | errno | log",
     "What a system call outside the list leads to. Default: kill.", "0.1",
     Field<&S::syscall_action, EnumCodec<kSyscallActions>>()},
    {"namespaces", kBoth, kList, kAny, kBase, "user mount pid net ipc uts cgroup time",
     "The namespaces the server has to itself. += and -= change those of the profile, also in "
     "defaults. Default: the profile's, without net where network is client, server or host.",
     "0.1", Field<&S::namespaces, EditCodec<FlagsCodec<NamespaceSet, kNamespaces>>>()},
    {"read_only_paths", kBoth, kList, kAny, kBase, "PATH ...",
     "Files and directories the server may read only. Each must exist; /proc cannot be listed.",
     "0.1", Field<&S::read_only_paths, PathListCodec>()},
    {"read_write_paths", kBoth, kList, kAny, kBase, "PATH ...",
     "Files and directories the server may write as its user may, in a system that is "
     "read-only. Each must exist; /proc cannot be listed.",
     "0.1", Field<&S::read_write_paths, PathListCodec>()},
    {"hidden_paths", kBoth, kList, kAny, kBase, "PATH ...",
     "Files and directories the server does not see. Each must exist.", "0.1",
     Field<&S::hidden_paths, PathListCodec>()},
    {"root", kBoth, kSet, kOne, kFill, "PATH",
     "The server's root directory. Must exist. Default: the system's; a minimal one under "
     "strict.",
     "0.1", Field<&S::root, PathCodec>()},
    {"private_tmp", kBoth, kSet, kOne, kFill, "yes | no",
     "yes: the server has a /tmp and a /var/tmp of its own. Default: the profile's.", "0.1",
     Field<&S::private_tmp, YesNo>()},
    {"private_dev", kBoth, kSet, kOne, kFill, "yes | no",
     "yes: the server has a minimal /dev of its own. Default: the profile's.", "0.1",
     Field<&S::private_dev, YesNo>()},
    {"capabilities", kBoth, kList, kAny, kBase, "NAME ...",
     "The capabilities(7) the server keeps, without cap_. += and -= change the list of the "
     "profile, also in defaults. Default: none unless user is root; then the profile's.",
     "0.1", Field<&S::capabilities, CapabilityEditCodec>()},
    {"no_new_privileges", kBoth, kSet, kOne, kFill, "yes | no",
     "yes: the server cannot gain privileges, not even by a setuid program. Default: yes, "
     "but no under baseline.",
     "0.1", Field<&S::no_new_privileges, YesNo>()},
    {"network", kBoth, kSet, kOne, kFill, "inherited | relay | client | server | host",
     "What the server may do on the network beside the connection it is given. inherited: "
     "nothing. relay: nothing, and the connection is a socket pair, whose bytes postern-relay "
     "moves. client: connect to TCP and send UDP. server: listen, too. host: whatever its user "
     "may. Default: the profile's.",
     "0.1", Field<&S::network, EnumCodec<kNetworks>>()},
    {"connect_to", kBoth, kList, kAny, kBase, "PORT ...",
     "The only TCP ports the server may connect to, where network is client or server. "
     "Default: all.",
     "0.1", Field<&S::connect_to, PortListCodec>()},
    {"isolation", kBoth, kSet, kOne, kFill, "zygote | fresh",
     "fresh: every connection has namespaces of its own. Default: zygote, shared by the "
     "connections of a service.",
     "0.1", Field<&S::isolation, EnumCodec<kIsolations>>()},
    {"zygote", kBoth, kSet, kOne, kFill, "lazy | eager",
     "When a service's sandbox is made: at its first connection, or at load. Default: "
     "lazy.",
     "0.1", Field<&S::zygote, EnumCodec<kZygoteStarts>>()},
    {"on_missing", kBoth, kSet, kOne, kFill, "refuse | warn",
     "What to do when the kernel lacks a protection that was asked for. Default: refuse.", "0.1",
     Field<&S::on_missing, EnumCodec<kOnMissing>>()},
    {"memory_max", kBoth, kSet, kOne, kFill, "BYTES[K|M|G] | UNLIMITED",
     "Memory all servers of the service may use together.", "0.1",
     Field<&S::memory_max, NonzeroSizeCodec>()},
    {"tasks_max", kBoth, kSet, kOne, kFill, "COUNT | UNLIMITED",
     "Tasks all servers of the service may have together.", "0.1",
     Field<&S::tasks_max, NonzeroCountCodec>()},
    {"cpu_max", kBoth, kSet, kOne, kFill, "PERCENT | UNLIMITED",
     "CPU time of all servers of the service together, in percent of one CPU.", "0.1",
     Field<&S::cpu_max, NonzeroCountCodec>()},
    {"oom_score_adj", kBoth, kSet, kOne, kFill, "N",
     "How gladly the kernel ends the server when memory runs out, from -1000 (never) to 1000. "
     "Default: as the daemon's.",
     "0.1", Field<&S::oom_score_adj, OomScoreCodec>()},
    {"max_lifetime", kBoth, kSet, kOne, kFill, "SECONDS | UNLIMITED",
     "How long a server may run, and what it has left running when it ends: SIGTERM then, and "
     "SIGKILL five seconds later. In a sandbox that reaches processes in the background as well; "
     "one that made a session of its own ends with the first server of the service whose time is "
     "up. Default: UNLIMITED.",
     "0.1", Field<&S::max_lifetime, NonzeroCountCodec>()},
    {"idle_timeout", kBoth, kSet, kOne, kFill, "SECONDS | UNLIMITED",
     "How long a connection may be silent, where network is relay or tls is yes. Default: "
     "UNLIMITED.",
     "0.1", Field<&S::idle_timeout, NonzeroCountCodec>()},

    // TLS and PROXY.
    {"tls", kBoth, kSet, kOne, kFill, "yes | no",
     "yes: clients speak TLS, 1.2 or newer, and the server sees what is inside of it, on a "
     "socketpair. What the client has shown is in its environment, under the names that mod_ssl "
     "has. A redirect, an internal service and tcpmux get what is inside as well. Stream sockets "
     "with wait = no only. Default: no.",
     "0.1", Field<&S::tls, YesNo>()},
    {"tls_certificate", kBoth, kList, kAny, kBase, "FILE ...",
     "The certificates, PEM, each with its chain and without a private key; the client's SNI "
     "chooses by their names. The "
     "first serves for names that none has. Certificates and keys are read again on SIGHUP, and "
     "a few seconds after a file has changed; a bad pair is refused and the old one kept.",
     "0.1", Field<&S::tls_certificate, WrittenPathListCodec>()},
    {"tls_private_key", kBoth, kList, kAny, kBase, "FILE ...",
     "The private keys, PEM and without a phrase, one for each certificate and in the same "
     "order: RSA, RSA-PSS, ECDSA or Ed25519. Only postern-keys reads them. They must be root's, "
     "and not readable by others.",
     "0.1", Field<&S::tls_private_key, WrittenPathListCodec>()},
    {"tls_ocsp", kBoth, kList, kAny, kBase, "FILE ...",
     "OCSP responses, DER, for the certificates in the same order; sent to clients that ask for "
     "one, until it is out of date.",
     "0.1", Field<&S::tls_ocsp, WrittenPathListCodec>()},
    {"tls_client_ca", kBoth, kSet, kOne, kFill, "FILE",
     "The authorities whose client certificates are accepted, PEM, up to their roots.", "0.1",
     Field<&S::tls_client_ca, WrittenPathCodec>()},
    {"tls_crl", kBoth, kSet, kOne, kFill, "FILE",
     "Revocation lists, PEM, of every authority that a client's certificate may hang on. Where "
     "one is missing or out of date, its clients are refused.",
     "0.1", Field<&S::tls_crl, WrittenPathCodec>()},
    {"tls_verify_client", kBoth, kSet, kOne, kFill, "none | request | require",
     "Whether clients need a certificate. request: one without is let in, one with a bad one is "
     "not. Default: none.",
     "0.1", Field<&S::tls_verify_client, EnumCodec<kTlsVerify>>()},
    {"tls_min_version", kBoth, kSet, kOne, kFill, "1.2 | 1.3",
     "The oldest TLS version accepted. Default: 1.2.", "0.1",
     Field<&S::tls_min_version, EnumCodec<kTlsVersions>>()},
    {"tls_alpn", kBoth, kList, kAny, kBase, "NAME ...",
     "The application protocols (ALPN), the preferred one first. A client that offers others "
     "only is refused.",
     "0.1", Field<&S::tls_alpn, PatternListCodec>()},
    {"tls_sni", kBoth, kSet, kOne, kFill, "any | strict",
     "strict: a client that names no host, or one that no certificate is for, is refused. "
     "Default: any.",
     "0.1", Field<&S::tls_sni, EnumCodec<kTlsSni>>()},
    {"tls_handshake_timeout", kBoth, kSet, kOne, kFill, "SECONDS",
     "How long a handshake may take, an hour at most. Default: 30.", "0.1",
     Field<&S::tls_handshake_timeout, Unsigned32Codec>()},
    {"tls_workers", kDefaults, kSet, kOne, kNone, "N",
     "How many pairs of postern-tls and postern-keys share the clients, 1 to 64: each uses one "
     "processor. A reload starts more at once; one that is too many gets no new clients, and ends "
     "with its last. Default: as many as there are processors for posternd, at most 8.",
     "0.1", Field<&S::tls_workers, WorkersCodec>()},
    {"tls_only_from", kBoth, kList, kAny, kBase, "PATTERN ...",
     "Whose client certificates are admitted: sha256: and a fingerprint; dns:, email:, uri:, "
     "ip:, cn: or subject: and a pattern; or a pattern alone, for a name of any kind. In "
     "patterns * is any text. Address rules and hosts.allow are asked before.",
     "0.1", Field<&S::tls_only_from, IdentityListCodec>()},
    {"tls_no_access", kBoth, kList, kAny, kBase, "PATTERN ...",
     "Whose client certificates are refused, whatever tls_only_from says.", "0.1",
     Field<&S::tls_no_access, IdentityListCodec>()},
    {"starttls", kService, kSet, kOne, kNone, "smtp | imap | pop3 | ftp",
     "Clients begin in plaintext and ask for TLS in the dialogue of this protocol; the server "
     "does not notice. Needs tls = yes. What TLS shows is neither in the server's environment nor "
     "in a PROXY header, for it has started before; ftp protects commands, not data connections.",
     "0.1", Field<&S::starttls, EnumCodec<kStartTls>>()},
    {"starttls_required", kService, kSet, kOne, kNone, "yes | no",
     "no: a client may go on without TLS. Default: yes, it gets no further than asking for it.",
     "0.1", Field<&S::starttls_required, YesNo>()},
    {"proxy_protocol", kBoth, kSet, kOne, kFill, "off | require",
     "require: every connection comes from an address of proxy_from and begins with a PROXY "
     "header, version 1 or 2; the client that it names is who rules, limits, logs and the "
     "environment mean. Whoever else connects, or sends anything else within ten seconds, is "
     "refused. off: nothing is taken for such a header. Stream services with wait = no only. "
     "Default: off.",
     "0.1", Field<&S::proxy_protocol, EnumCodec<kProxyProtocols>>()},
    {"proxy_from", kBoth, kList, kAny, kBase, "ADDRESS ...",
     "The proxies whose header is believed, by address or network. Required where proxy_protocol "
     "is require.",
     "0.1", Field<&S::proxy_from, AddressListCodec>()},
});

constexpr bool NamesAreUnique() {
  for (std::size_t i = 0; i < kAttributes.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (kAttributes[i].name == kAttributes[j].name) return false;
    }
  }
  return true;
}
static_assert(NamesAreUnique());

}  // namespace

std::span<const Attribute> Attributes() { return kAttributes; }

}  // namespace postern::policy

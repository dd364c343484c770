// SPDX-License-Identifier: BSD-2-Clause
// The words that enumerated attributes accept, as tables for EnumCodec and FlagsCodec.
//
// Source: xinetd.conf(5) for everything down to log_on_failure; the rest is postern's own.
#pragma once

#include <array>

#include "policy/service/codec.h"
#include "policy/service/settings.h"

namespace postern::policy {

template <typename E, std::size_t N>
using Names = std::array<Named<E>, N>;

inline constexpr Names<bool, 2> kYesNo{{{"yes", true}, {"no", false}}};

inline constexpr Names<bool TypeSet::*, 5> kTypes{{{"RPC", &TypeSet::rpc},
                                                   {"INTERNAL", &TypeSet::internal},
                                                   {"UNLISTED", &TypeSet::unlisted},
                                                   {"TCPMUX", &TypeSet::tcpmux},
                                                   {"TCPMUXPLUS", &TypeSet::tcpmuxplus}}};

inline constexpr Names<bool FlagSet::*, 12> kFlags{{{"REUSE", &FlagSet::reuse},
                                                    {"INTERCEPT", &FlagSet::intercept},
                                                    {"NORETRY", &FlagSet::noretry},
                                                    {"IDONLY", &FlagSet::idonly},
                                                    {"NAMEINARGS", &FlagSet::nameinargs},
                                                    {"NODELAY", &FlagSet::nodelay},
                                                    {"KEEPALIVE", &FlagSet::keepalive},
                                                    {"NOLIBWRAP", &FlagSet::nolibwrap},
                                                    {"SENSOR", &FlagSet::sensor},
                                                    {"IPv4", &FlagSet::ipv4},
                                                    {"IPv6", &FlagSet::ipv6},
                                                    {"LABELED", &FlagSet::labeled}}};

inline constexpr Names<SocketType, 4> kSocketTypes{{{"stream", SocketType::kStream},
                                                    {"dgram", SocketType::kDgram},
                                                    {"raw", SocketType::kRaw},
                                                    {"seqpacket", SocketType::kSeqpacket}}};

inline constexpr Names<bool LogOnSuccess::*, 6> kLogOnSuccess{
    {{"PID", &LogOnSuccess::pid},
     {"HOST", &LogOnSuccess::host},
     {"USERID", &LogOnSuccess::user_id},
     {"EXIT", &LogOnSuccess::exit},
     {"DURATION", &LogOnSuccess::duration},
     {"TRAFFIC", &LogOnSuccess::traffic}}};

inline constexpr Names<bool LogOnFailure::*, 3> kLogOnFailure{
    {{"HOST", &LogOnFailure::host},
     {"USERID", &LogOnFailure::user_id},
     {"ATTEMPT", &LogOnFailure::attempt}}};

inline constexpr Names<AccessPrecedence, 2> kPrecedences{
    {{"no_access", AccessPrecedence::kNoAccess}, {"specific", AccessPrecedence::kSpecific}}};

inline constexpr Names<TrailingComments, 2> kTrailingComments{
    {{"refuse", TrailingComments::kRefuse}, {"accept", TrailingComments::kAccept}}};

inline constexpr Names<SandboxProfile, 4> kProfiles{{{"none", SandboxProfile::kNone},
                                                     {"baseline", SandboxProfile::kBaseline},
                                                     {"standard", SandboxProfile::kStandard},
                                                     {"strict", SandboxProfile::kStrict}}};

inline constexpr Names<SyscallAction, 3> kSyscallActions{{{"kill", SyscallAction::kKill},
                                                          {"errno", SyscallAction::kErrno},
                                                          {"log", SyscallAction::kLog}}};

inline constexpr Names<bool NamespaceSet::*, 8> kNamespaces{{{"user", &NamespaceSet::user},
                                                             {"mount", &NamespaceSet::mount},
                                                             {"pid", &NamespaceSet::pid},
                                                             {"net", &NamespaceSet::net},
                                                             {"ipc", &NamespaceSet::ipc},
                                                             {"uts", &NamespaceSet::uts},
                                                             {"cgroup", &NamespaceSet::cgroup},
                                                             {"time", &NamespaceSet::time}}};

inline constexpr Names<NetworkAccess, 5> kNetworks{{{"inherited", NetworkAccess::kInherited},
                                                    {"relay", NetworkAccess::kRelay},
                                                    {"client", NetworkAccess::kClient},
                                                    {"server", NetworkAccess::kServer},
                                                    {"host", NetworkAccess::kHost}}};

inline constexpr Names<Isolation, 2> kIsolations{
    {{"zygote", Isolation::kZygote}, {"fresh", Isolation::kFresh}}};

inline constexpr Names<ZygoteStart, 2> kZygoteStarts{
    {{"lazy", ZygoteStart::kLazy}, {"eager", ZygoteStart::kEager}}};

inline constexpr Names<OnMissing, 2> kOnMissing{
    {{"refuse", OnMissing::kRefuse}, {"warn", OnMissing::kWarn}}};

inline constexpr Names<TlsVerify, 3> kTlsVerify{{{"none", TlsVerify::kNone},
                                                 {"request", TlsVerify::kRequest},
                                                 {"require", TlsVerify::kRequire}}};

inline constexpr Names<TlsVersion, 2> kTlsVersions{
    {{"1.2", TlsVersion::k12}, {"1.3", TlsVersion::k13}}};

inline constexpr Names<TlsSni, 2> kTlsSni{{{"any", TlsSni::kAny}, {"strict", TlsSni::kStrict}}};

inline constexpr Names<StartTls, 4> kStartTls{{{"smtp", StartTls::kSmtp},
                                               {"imap", StartTls::kImap},
                                               {"pop3", StartTls::kPop3},
                                               {"ftp", StartTls::kFtp}}};

inline constexpr Names<ProxyProtocol, 2> kProxyProtocols{
    {{"off", ProxyProtocol::kOff}, {"require", ProxyProtocol::kRequire}}};

inline constexpr Names<RedirectProxy, 3> kRedirectProxies{
    {{"off", RedirectProxy::kOff}, {"v1", RedirectProxy::kV1}, {"v2", RedirectProxy::kV2}}};

}  // namespace postern::policy

// SPDX-License-Identifier: BSD-2-Clause
// A service's TLS as one version of its files has it: the open files, and the numbers by which
// postern-tls and postern-keys know it.
//
// posternd opens the files, because it alone may; it reads none of them.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/keys_protocol.h"
#include "daemon/tls_protocol.h"
#include "policy/check/tls_flaws.h"
#include "policy/service/tls_spec.h"
#include "sandbox/sys/error.h"
#include "sandbox/sys/files.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

struct TlsSetup {
  struct Pair {
    sandbox::sys::UniqueFd certificate, private_key, staple;
  };
  TlsServiceId id = 0;
  KeyIndex first_key = 0;
  std::string service;  // for messages
  bool judged = false;  // found good: a new helper serves it as the one before did
  policy::TlsSpec spec;
  std::vector<Pair> pairs;
  sandbox::sys::UniqueFd authorities, revocations;
  std::vector<std::uint32_t> days_left;  // of each certificate, when it was judged
  std::vector<std::optional<sandbox::sys::FileStamp>> stamps;  // of FilesOf(spec)
};

// Every file that the TLS of a service is made of.
std::vector<std::string> FilesOf(const policy::TlsSpec& spec);
// As they are now; nullopt for one that is not there.
std::vector<std::optional<sandbox::sys::FileStamp>> StampsOf(const policy::TlsSpec& spec);

using policy::check::TlsFlaw;

// The error says which file, and what is wrong with it.
std::expected<TlsSetup, TlsFlaw> OpenTls(const std::string& service, const policy::TlsSpec& spec);

// Whether two descriptions are the same, files' contents aside.
bool SameTls(const policy::TlsSpec& a, const policy::TlsSpec& b);

// Hands a setup over, frame by frame.
using AskFrame =
    std::function<sandbox::sys::Status(std::span<const std::byte>, std::span<const int>)>;
sandbox::sys::Status AskForKeys(const TlsSetup& setup, const AskFrame& ask);
sandbox::sys::Status AskForService(const TlsSetup& setup, const AskFrame& ask);

// What a verdict means to an administrator.
std::string TextOf(const TlsSetup& setup, std::size_t pair, KeyVerdict verdict);
std::string TextOf(const TlsSetup& setup, const AnswerTlsService& answer);
std::string_view CodeOf(KeyVerdict verdict);
std::string_view CodeOf(TlsVerdict verdict);

}  // namespace postern::daemon

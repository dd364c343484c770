// SPDX-License-Identifier: BSD-2-Clause
// A service's TLS as one version of its files has it: the open files, and the numbers by which
// postern-tls and postern-keys know it.
//
// posternd opens the files, because it alone may; it reads none of them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
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
  std::vector<std::optional<sandbox::sys::FileStamp>> stamps;  // of FilesOf(spec)
};

// Every file that the TLS of a service is made of.
std::vector<std::string> FilesOf(const policy::TlsSpec& spec);
// As they are now; nullopt for one that is not there.
std::vector<std::optional<sandbox::sys::FileStamp>> StampsOf(const policy::TlsSpec& spec);

using policy::check::TlsFlaw;

// What might become a service's TLS, and what is found wrong with it.
struct TlsCandidate {
  TlsSetup setup;
  std::vector<TlsFlaw> flaws;
};
bool IsUsable(const TlsCandidate& candidate);

// A file that cannot be had is a flaw, and its descriptor closed.
TlsCandidate OpenTls(const std::string& service, const policy::TlsSpec& spec);

// Whether two descriptions are the same, files' contents aside.
bool SameTls(const policy::TlsSpec& a, const policy::TlsSpec& b);

// The numbers of the pairs whose certificate is open: all, but for what is only to be judged.
std::vector<std::size_t> OpenPairs(const TlsSetup& setup);

// Hands over what is open, frame by frame, pairs in the order of OpenPairs().
using AskFrame =
    std::function<sandbox::sys::Status(std::span<const std::byte>, std::span<const int>)>;
sandbox::sys::Status AskForKeys(const TlsSetup& setup, const AskFrame& ask);
sandbox::sys::Status AskForService(const TlsSetup& setup, const AskFrame& ask);

}  // namespace postern::daemon

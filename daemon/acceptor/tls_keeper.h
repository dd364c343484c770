// SPDX-License-Identifier: BSD-2-Clause
// Which certificates and keys each service has: judged before they are used, read anew when their
// files change, and kept as they are when what is new is bad.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/acceptor/service.h"
#include "daemon/acceptor/tls_client.h"
#include "daemon/acceptor/tls_setup.h"
#include "daemon/log/program_log.h"
#include "policy/service/configuration.h"

namespace postern::daemon {

// By service id.
using TlsSetups = std::map<std::string, std::shared_ptr<const TlsSetup>>;

class TlsKeeper {
 public:
  TlsKeeper(ProgramLog& log, TlsClient& client) : log_(log), client_(client) {}

  // A setup for each service that speaks TLS; for one whose files and settings are as they were,
  // the one it has. `strict`: one that is bad is an error for all; else it is logged, and left out.
  std::expected<TlsSetups, std::string> Prepare(
      const policy::Configuration& configuration,
      const std::vector<std::shared_ptr<Service>>& running, bool strict);

  // Looks whether files have changed. What has, and stays so until the next look, is judged; and
  // again when that could not be done, after a pause that grows.
  void Look(const std::vector<std::shared_ptr<Service>>& services);

 private:
  using Stamps = std::vector<std::optional<sandbox::sys::FileStamp>>;
  struct Change {
    Stamps seen;
    unsigned looks = 1, pause = 1;  // until it is judged; 0: it has been
  };
  // False when nobody could judge what is new.
  bool Renew(Service& service, TlsJudge& judge);
  // What keeps it from being used.
  void TellFlaws(const policy::ServiceSpec& spec, const TlsCandidate& candidate,
                 std::string_view consequence);

  ProgramLog& log_;
  TlsClient& client_;
  std::map<std::string, Change> changes_;
};

// All that is wrong with the services' certificates and keys, for `posternd -t` and `postern
// check`.
std::vector<TlsFlaw> JudgeAll(const policy::Configuration& configuration,
                              const TlsCommands& commands);

}  // namespace postern::daemon

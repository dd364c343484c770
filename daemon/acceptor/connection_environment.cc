// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/connection_environment.h"

namespace postern::daemon {

std::vector<std::string> ConnectionEnvironment(const policy::ServiceSpec& spec,
                                               const std::optional<policy::Endpoint>& local,
                                               const std::optional<policy::Endpoint>& peer) {
  std::vector<std::string> words;
  if (spec.listen.family == policy::Family::kUnix) {
    words.push_back("PROTO=UNIX");
    return words;
  }
  if (!peer) return words;
  const std::string proto = spec.socket_type == policy::SocketType::kDgram ? "UDP" : "TCP";
  words.push_back("REMOTE_HOST=" + peer->address.ToString());
  words.push_back("REMOTE_PORT=" + std::to_string(peer->port));
  words.push_back("PROTO=" + proto);
  words.push_back(proto + "REMOTEIP=" + peer->address.ToString());
  words.push_back(proto + "REMOTEPORT=" + std::to_string(peer->port));
  if (local) {
    words.push_back(proto + "LOCALIP=" + local->address.ToString());
    words.push_back(proto + "LOCALPORT=" + std::to_string(local->port));
  }
  return words;
}

}  // namespace postern::daemon

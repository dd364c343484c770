// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/consistency.h"

#include <map>

namespace postern::daemon {

namespace {

using RunningByService = std::map<const Service*, std::uint64_t>;

void CheckCounts(const Service& service, const RunningByService& running,
                 std::vector<std::string>& findings) {
  const auto found = running.find(&service);
  const std::uint64_t sessions = found == running.end() ? 0 : found->second;
  if (sessions == service.limits().running()) return;
  findings.push_back("service " + service.spec().id + ": counts " +
                     std::to_string(service.limits().running()) + " running servers but has " +
                     std::to_string(sessions));
}

// A service is listened to exactly when nothing holds it back.
void CheckWatch(const Service& service, std::vector<std::string>& findings) {
  const bool held =
      service.held(Hold::kServing) || service.held(Hold::kClosed) || service.held(Hold::kStarved);
  const bool expected = service.listener() && !held;
  if (expected == service.watched()) return;
  findings.push_back(
      "service " + service.spec().id +
      (expected ? ": should be listened to and is not" : ": is listened to and should not be"));
}

void CheckHold(const Service& service, const RunningByService& running,
               std::vector<std::string>& findings) {
  if (!service.held(Hold::kServing) || running.contains(&service)) return;
  findings.push_back("service " + service.spec().id + ": suspended for a server that is not there");
}

}  // namespace

std::vector<std::string> FindInconsistencies(const std::vector<std::shared_ptr<Service>>& services,
                                             const Sessions& sessions, const Admission& admission) {
  std::vector<std::string> findings;
  RunningByService running;
  std::uint64_t all = 0;
  sessions.ForEach([&](const Session& session) {
    if (session.refused) return;
    ++running[session.service.get()];
    ++all;
  });
  for (const auto& service : services) {
    CheckCounts(*service, running, findings);
    CheckWatch(*service, findings);
    CheckHold(*service, running, findings);
  }
  if (admission.total_running != all) {
    findings.push_back("counts " + std::to_string(admission.total_running) +
                       " servers in all but has " + std::to_string(all));
  }
  return findings;
}

}  // namespace postern::daemon

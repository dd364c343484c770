// SPDX-License-Identifier: BSD-2-Clause
// hosts_access, hosts_ctl, process_options: the decision itself.
#include <atomic>
#include <string>

#include "sandbox/sys/process.h"
#include "wrapper/libwrap/decide.h"
#include "wrapper/libwrap/table_cache.h"

namespace {

namespace hosts = postern::policy::hosts;
using postern::wrapper::Decision;
using postern::wrapper::libwrap::Decide;
using postern::wrapper::libwrap::Follow;
using postern::wrapper::libwrap::RunOptions;

// The second decision of a process makes it a resident one.
void CountDecision() {
  std::atomic_ref<int> count(resident);
  int seen = count.load();
  while (seen <= 0 && !count.compare_exchange_weak(seen, seen + 1)) {
  }
}

// What the options said, apart from what they did; 0 when they left the verdict to the table.
int VerdictOfOptions(request_info& request, const char* options) {
  const Decision decision = RunOptions(request, options);
  const bool allowed = Follow(decision, request);
  const bool said = decision.reason == hosts::Reason::kOption;
  if (allowed) return said ? AC_PERMIT : 0;
  return AC_DENY;
}

}  // namespace

extern "C" int hosts_access(request_info* request) noexcept {
  CountDecision();
  if (hosts_allow_table == nullptr || hosts_deny_table == nullptr) {
    tcpd_warn(const_cast<char*>("no access tables are named: refused"));
    return 0;
  }
  const auto files = postern::wrapper::libwrap::CurrentFiles(
      {.allow = hosts_allow_table, .deny = hosts_deny_table});
  const Decision decision = Decide(*request, files);
  return Follow(decision, *request) ? 1 : 0;
}

extern "C" int hosts_ctl(char* daemon, char* client_name, char* client_addr,
                         char* client_user) noexcept {
  request_info request;
  request_init(&request, RQ_DAEMON, daemon, RQ_CLIENT_NAME, client_name, RQ_CLIENT_ADDR,
               client_addr, RQ_USER, client_user, 0);
  return hosts_access(&request);
}

// No object with a destructor may be alive when it jumps.
extern "C" void process_options(char* options, request_info* request) {
  const int verdict = VerdictOfOptions(*request, options);
  if (verdict != 0) std::longjmp(tcpd_buf, verdict);
}

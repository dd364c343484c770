// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/state_dump.h"

#include <ctime>

#include "policy/service/service_text.h"
#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

std::string Line(const std::string& name, const std::string& value) {
  return "\t" + name + " = " + value + "\n";
}

std::string Now() {
  const std::time_t now = std::time(nullptr);
  char text[64];
  std::tm parts{};
  ::localtime_r(&now, &parts);
  return std::string(text, std::strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y", &parts));
}

std::string StateOf(const Service& service) {
  if (service.held(Hold::kClosed)) return "Disabled";
  if (service.held(Hold::kServing) || service.held(Hold::kStarved)) return "Suspended";
  if (service.watched() || service.spec().kind == policy::ServiceKind::kTcpmux) return "Active";
  return "Not started";
}

std::string DescribeService(const Service& service) {
  std::string text = "Service = " + service.spec().name + "\n" + Line("State", StateOf(service));
  text += policy::DescribeService(service.spec());
  text += Line("running servers", std::to_string(service.limits().running()));
  text += Line("attempts", std::to_string(service.attempts));
  if (service.listener()) {
    text += Line("service fd", std::to_string(service.listener().socket().get()));
  }
  return text + "\n";
}

std::string_view StageText(Stage stage) {
  switch (stage) {
    case Stage::kBanner:
      return "banner";
    case Stage::kMux:
      return "tcpmux name";
    case Stage::kRelay:
      return "relay";
    case Stage::kDatagram:
      return "datagram";
    case Stage::kSplice:
      return "relay, before the program";
    case Stage::kQueued:
      return "launch queue";
    case Stage::kLookup:
      return "lookup";
    case Stage::kRetry:
      return "fork retry";
    case Stage::kProgram:
      return "program";
    case Stage::kFlush:
      return "relay, after the program";
    case Stage::kTls:
      return "TLS handshake";
  }
  return "unknown";
}

std::string DescribeSession(const Session& session, policy::Instant now) {
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - session.started);
  std::string peer = "<no address>";
  if (session.peer) {
    peer = session.peer->address.ToString() + "," + std::to_string(session.peer->port);
  }
  return session.service->spec().id + " server\n" + Line("pid", std::to_string(session.pid)) +
         Line("stage", std::string(StageText(session.stage))) +
         Line("running for", std::to_string(age.count()) + " seconds") +
         Line("remote_address", peer);
}

// One that is leaving gets no more clients.
std::string DescribeTls(const TlsClient& tls) {
  std::string text;
  for (std::size_t i = 0; i < tls.workers().size(); ++i) {
    const TlsWorker& worker = *tls.workers()[i];
    text += "tls worker " + std::to_string(i + 1) + " = postern-tls pid " +
            std::to_string(worker.tls_pid()) + ", postern-keys pid " +
            std::to_string(worker.keys_pid()) + ", sessions " + std::to_string(worker.sessions()) +
            (worker.ready() ? "" : ", starting") + (i < tls.wanted() ? "\n" : ", leaving\n");
  }
  return text;
}

}  // namespace

std::string DescribeState(const StateSources& sources) {
  std::string text =
      "INTERNAL STATE DUMP: " + VersionText() + "\nCurrent time: " + Now() + "\n\nServices:\n\n";
  std::size_t active = 0;
  for (const auto& service : sources.services) {
    text += DescribeService(*service);
    if (service->watched()) ++active;
  }
  text += "Server table dump:\n\n";
  sources.sessions.ForEach(
      [&](const Session& session) { text += DescribeSession(session, sources.loop.now()); });
  text += "\nactive_services = " + std::to_string(active) + "\n";
  text += "available_services = " + std::to_string(sources.services.size()) + "\n";
  text += "running_servers = " + std::to_string(sources.sessions.count()) + "\n";
  text += "proxy_headers_awaited = " + std::to_string(sources.sessions.awaited_headers()) + "\n";
  text +=
      "global_no_access entries = " + std::to_string(sources.admission.deny_list().size()) + "\n";
  text += "relay pid = " + std::to_string(sources.relay.pid()) + "\n";
  text += "lookup pid = " + std::to_string(sources.lookup.pid()) + "\n";
  text += "lookups in flight = " + std::to_string(sources.lookup.in_flight()) + "\n";
  text += DescribeTls(sources.tls);
  text += "max_descriptors = " + std::to_string(sys::OpenFilesLimit()) + "\n";
  text +=
      "process_limit = " + (sources.options.limit ? std::to_string(*sources.options.limit) : "0") +
      "\n";
  text += "config_file = " + FilesToLoad(sources.options.files).xinetd_path.value_or("") + "\n";
  return text + "END OF DUMP\n";
}

sys::Status WriteStateDump(const std::string& path, const StateSources& sources) {
  sys::IgnoreError(sys::Remove(path), "there need not be an old one");
  TRY(const sys::UniqueFd file, sys::CreateNewFile(path, 0644));
  return sys::WriteAll(file, DescribeState(sources));
}

}  // namespace postern::daemon

// SPDX-License-Identifier: BSD-2-Clause
// Fill and check: a merged draft becomes a ServiceSpec, or findings that say why not.
//
// The parts run in xinetd's order and each goes on after an error, so that one run shows them all.
// DIAGNOSTICS: every error holds this service alone.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "policy/address/access_list.h"
#include "policy/service/service_draft.h"
#include "policy/service/system_view.h"

namespace postern::policy {

// What the checks of all services share.
struct CheckShared {
  const SystemView& system;
  std::string real_daemon_directory;
  // Services that inherit a list unchanged share its tree. By the assignment that made the list.
  std::map<const Assignment*, std::shared_ptr<const AccessList>> lists = {};
  // Warnings about a line of `defaults` are given once, not for each service.
  std::set<const Assignment*> warned = {};
  // Services next to each other mostly say the same about their confinement, and share it then.
  std::shared_ptr<const Confinement> confinement = {};
};

class ServiceCheck {
 public:
  ServiceCheck(ServiceDraft& draft, CheckShared& shared);

  // The finished service, or nullptr when the draft has failed.
  std::shared_ptr<const ServiceSpec> Run();

 private:
  void CheckKind();  // check_kind.cc: type, flags, built-ins
  void RefuseFlags();
  void FindBuiltin();
  void CheckTcpmux();
  void CheckRequired();
  bool Written(std::string_view attribute) const;
  void Require(bool given, std::string_view attribute, std::string_view fix);

  void CheckSocket();  // check_socket.cc: socket, address, port
  void CheckTransport();
  void CheckFamily();
  void CheckBind();
  void ChooseBindAddress();
  void CheckPort();
  void CheckListedPort();
  void CheckWait();

  void CheckProgram();  // check_program.cc: what runs, as whom, with what
  void CheckServer();
  void CheckArguments();
  void FindWrapped();
  void CheckCredentials();
  bool CheckGroup();
  void CheckGroups(const std::string& login, std::uint32_t primary);
  void CheckEnvironment();
  void CheckLimits();
  void CheckRedirect();

  void CheckAdmission();  // check_admission.cc: who may come, how often, what is logged
  void CheckAddressRules();
  void CheckRates();
  void CheckLogs();
  void CheckUserLookups();
  void CheckLibwrap();

  void CheckProxy();  // check_proxy.cc: who is behind a proxy, and who is told so
  void CheckProxies();
  void CheckRedirectProxy();

  bool speaks_tls() const;
  void CheckTls();  // check_tls.cc: which files, for whom, and what goes with it
  void CheckTlsKind();
  void CheckTlsPairs();
  void CheckFile(const WrittenPath& file);
  void CheckPrivateKey(const WrittenPath& file);
  void CheckTlsClients();
  void CheckTlsRules();
  void CheckTlsProtocols();
  void CheckStartTls();

  void CheckTraffic();
  void CheckConfinement();  // check_confinement.cc: what the program is confined by
  void ChooseProfile();
  bool ConcernsCarriage(std::string_view attribute) const;
  void RefuseConfinementOfRelay();
  void RefuseConfinementOfNone();
  void CheckNetwork(const Confinement& confinement);
  void CheckNamespaces(const Confinement& confinement);
  void CheckIsolation();
  void CheckPaths(const Setting<Strings>& paths);
  void CheckRoot();
  bool Own(const Assignment* from) const;

  std::shared_ptr<const AccessList> Compile(const Setting<AddressWords>& setting);

  void Error(std::string code, const Place& place, std::string message, std::string fix = {});
  void Warn(std::string code, const Place& place, std::string message, std::string fix = {});
  bool WarnedBefore(const Assignment* from);

  // Where a value was written; the draft itself when no assignment wrote it.
  template <typename T>
  Place At(const Setting<T>& setting) const {
    return At(setting, draft_.place);
  }
  template <typename T>
  Place At(const Setting<T>& setting, const Place& otherwise) const {
    if (setting.from == nullptr) return otherwise;
    if (setting.from->values.empty()) return setting.from->place;
    return setting.from->At(setting.from->values.front());
  }

  bool runs_program() const {
    return spec_.kind == ServiceKind::kProgram || spec_.kind == ServiceKind::kTcpmux;
  }

  ServiceDraft& draft_;
  const Settings& settings_;
  CheckShared& shared_;
  const SystemView& system_;
  TypeSet type_;
  FlagSet flags_;
  std::string protocol_;  // "tcp", "udp" or another name of /etc/protocols
  ServiceSpec spec_;
  std::shared_ptr<TlsSpec> tls_;  // until it is the specification's
};

}  // namespace postern::policy

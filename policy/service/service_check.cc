// SPDX-License-Identifier: BSD-2-Clause
// The order of the checks; see service_check.h. The checks themselves are in check_*.cc.
#include "policy/service/service_check.h"

namespace postern::policy {

ServiceCheck::ServiceCheck(ServiceDraft& draft, CheckShared& shared)
    : draft_(draft), settings_(draft.settings), shared_(shared), system_(shared.system) {
  if (settings_.type) type_ = *settings_.type;
  if (settings_.flags) flags_ = *settings_.flags;
  spec_.id = draft.id;
  spec_.name = draft.name;
  spec_.where = draft.place.where;
}

std::shared_ptr<const ServiceSpec> ServiceCheck::Run() {
  CheckKind();
  if (type_.rpc) return nullptr;  // the rest would judge it as what it is not
  CheckSocket();
  if (runs_program()) CheckProgram();
  if (spec_.kind == ServiceKind::kRedirect) CheckRedirect();
  CheckAdmission();
  CheckProxy();
  CheckConfinement();
  CheckTls();
  CheckTraffic();
  if (draft_.findings.failed()) return nullptr;
  return std::make_shared<const ServiceSpec>(std::move(spec_));
}

void ServiceCheck::Error(std::string code, const Place& place, std::string message,
                         std::string fix) {
  draft_.findings.Error(std::move(code), place, "service " + draft_.id + ": " + message,
                        std::move(fix));
}

void ServiceCheck::Warn(std::string code, const Place& place, std::string message,
                        std::string fix) {
  draft_.findings.Warn(std::move(code), place, "service " + draft_.id + ": " + message,
                       std::move(fix));
}

bool ServiceCheck::WarnedBefore(const Assignment* from) {
  return from != nullptr && !shared_.warned.insert(from).second;
}

}  // namespace postern::policy

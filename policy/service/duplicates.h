// SPDX-License-Identifier: BSD-2-Clause
// Which services of one configuration get in each other's way: by id, or by where they listen.
//
// The first one keeps what it has. xinetd starts both, and the second fails to bind again and
// again.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "policy/service/service_spec.h"

namespace postern::policy {

class TakenIds {
 public:
  // Null, or the place of the service that has the id already. Ids differ by more than case.
  const SourceLocation* Take(const std::string& id, const SourceLocation& where);

 private:
  std::map<std::string, SourceLocation> ids_;
};

class TakenAddresses {
 public:
  // Null, or the service that listens there already. tcpmux services listen nowhere.
  std::shared_ptr<const ServiceSpec> Take(const std::shared_ptr<const ServiceSpec>& spec);

 private:
  using Key = std::pair<int, std::uint16_t>;  // protocol, port
  std::map<Key, std::vector<std::shared_ptr<const ServiceSpec>>> by_port_;
  std::map<std::string, std::shared_ptr<const ServiceSpec>> by_path_;
};

}  // namespace postern::policy

// SPDX-License-Identifier: BSD-2-Clause
// The connections whose PROXY header postern-relay is reading: accepted, and not yet admitted. None
// of them counts for a limit, since nobody knows yet whose connection it is.
//
// Bounded for each service, so that a proxy that only connects cannot have all descriptors.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "daemon/acceptor/service.h"
#include "daemon/protocol.h"
#include "sandbox/sys/unique_fd.h"
#include "wrapper/access/fact_source.h"

namespace postern::daemon {

struct AwaitedHeader {
  std::shared_ptr<Service> service;
  sandbox::sys::UniqueFd connection;
  wrapper::Connection ends;  // the proxy's and ours
};

class AwaitedHeaders {
 public:
  static constexpr std::size_t kMaxOfService = 512;

  bool HasRoom(const Service& service) const {
    const auto found = counts_.find(&service);
    return found == counts_.end() || found->second < kMaxOfService;
  }
  void Add(SessionId id, AwaitedHeader awaited) {
    ++counts_[awaited.service.get()];
    awaited_.emplace(id, std::move(awaited));
  }
  // nullopt: there is none of this id.
  std::optional<AwaitedHeader> Take(SessionId id) {
    auto found = awaited_.extract(id);
    if (found.empty()) return std::nullopt;
    const auto count = counts_.find(found.mapped().service.get());
    if (--count->second == 0) counts_.erase(count);
    return std::move(found.mapped());
  }
  std::optional<AwaitedHeader> TakeAny() {
    return awaited_.empty() ? std::nullopt : Take(awaited_.begin()->first);
  }
  std::size_t size() const { return awaited_.size(); }

 private:
  std::map<SessionId, AwaitedHeader> awaited_;
  std::map<const Service*, std::size_t> counts_;  // no zero counts
};

}  // namespace postern::daemon

// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine/resource_limits.h"

#include <sys/resource.h>

#include <string>

namespace postern::sandbox {
namespace {

struct Name {
  std::string_view name;
  __rlimit_resource resource;
  bool instances_only;
};

constexpr Name kNames[] = {
    {"as", RLIMIT_AS, true},
    {"core", RLIMIT_CORE, false},
    {"cpu", RLIMIT_CPU, true},
    {"data", RLIMIT_DATA, true},
    {"fsize", RLIMIT_FSIZE, false},
    {"locks", RLIMIT_LOCKS, false},
    {"memlock", RLIMIT_MEMLOCK, false},
    {"msgqueue", RLIMIT_MSGQUEUE, false},
    {"nice", RLIMIT_NICE, false},
    {"nofile", RLIMIT_NOFILE, true},
    {"nproc", RLIMIT_NPROC, false},
    {"rss", RLIMIT_RSS, false},
    {"rtprio", RLIMIT_RTPRIO, false},
    {"rttime", RLIMIT_RTTIME, false},
    {"sigpending", RLIMIT_SIGPENDING, false},
    {"stack", RLIMIT_STACK, false},
};
static_assert(std::size(kNames) == RLIM_NLIMITS);

const Name* Find(int resource) {
  for (const Name& row : kNames) {
    if (static_cast<int>(row.resource) == resource) return &row;
  }
  return nullptr;
}

sys::Status Set(const Name& row, rlim_t soft, rlim_t hard) {
  const rlimit wanted{soft, hard};
  if (::setrlimit(row.resource, &wanted) != 0) return sys::LastError("setrlimit", row.name);
  rlimit now{};
  if (::getrlimit(row.resource, &now) != 0) return sys::LastError("getrlimit", row.name);
  if (now.rlim_cur == soft && now.rlim_max == hard) return {};
  return std::unexpected(sys::Error{"setrlimit", ERANGE, std::string(row.name)});
}

sys::Status NoSuchLimit(int resource) {
  return std::unexpected(sys::Error{"setrlimit", EINVAL, std::to_string(resource)});
}

}  // namespace

std::optional<int> LimitNamed(std::string_view name) {
  for (const Name& row : kNames) {
    if (row.name == name) return static_cast<int>(row.resource);
  }
  return std::nullopt;
}

std::string_view LimitName(int resource) {
  const Name* row = Find(resource);
  return row != nullptr ? row->name : std::string_view{};
}

bool IsForInstancesOnly(int resource) {
  const Name* row = Find(resource);
  return row != nullptr && row->instances_only;
}

sys::Status ApplyLimit(const PlannedLimit& limit) {
  const Name* row = Find(limit.resource);
  if (row == nullptr) return NoSuchLimit(limit.resource);
  return Set(*row, limit.value, limit.value);
}

sys::Status MakeRoomFor(const PlannedLimit& limit) {
  const Name* row = Find(limit.resource);
  if (row == nullptr) return NoSuchLimit(limit.resource);
  rlimit now{};
  if (::getrlimit(row->resource, &now) != 0) return sys::LastError("getrlimit", row->name);
  if (limit.value <= now.rlim_max) return {};
  return Set(*row, now.rlim_cur, limit.value);
}

sys::Status PrepareLimits(std::span<const PlannedLimit> limits) {
  for (PlannedLimit limit : limits) {
    // The zygote is one of its user's processes, and must be able to make the first of the others.
    if (limit.resource == RLIMIT_NPROC && limit.value < RLIM_INFINITY) ++limit.value;
    if (IsForInstancesOnly(limit.resource)) {
      TRY_STATUS(MakeRoomFor(limit));
    } else {
      TRY_STATUS(ApplyLimit(limit));
    }
  }
  return {};
}

}  // namespace postern::sandbox

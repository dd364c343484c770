// SPDX-License-Identifier: BSD-2-Clause
// Users and groups by name, and becoming one of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sandbox/sys/error.h"

namespace postern::sandbox::sys {

struct Account {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};
// nullopt: no such user, or the database did not answer.
std::optional<Account> FindUser(const std::string& name);
std::optional<std::uint32_t> FindGroup(const std::string& name);

// The user's supplementary groups, the group, the user, in this order and for good; checks that the
// kernel says so and that root does not come back. Nothing to do, and so no failure, when the
// process is that user with that group already and may not change its groups.
Status BecomeAccount(const std::string& name, const Account& account);

// The group alone; the user and the supplementary groups stay.
Status BecomeGroup(std::uint32_t gid);

}  // namespace postern::sandbox::sys

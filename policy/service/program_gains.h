// SPDX-License-Identifier: BSD-2-Clause
// Whether a program has rights of its own, beside those of whoever starts it (execve(2)).
#pragma once

#include <string>

#include "policy/service/system_view.h"

namespace postern::policy {

// "setuid", "setgid", "given capabilities"; empty when it is an ordinary program.
std::string WhatItGains(const std::string& program, const SystemView& system);

}  // namespace postern::policy

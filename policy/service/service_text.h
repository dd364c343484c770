// SPDX-License-Identifier: BSD-2-Clause
// A finished service as text, for the state dump and for tests.
//
// The lines are those of xinetd's dump, under the same names, plus what only postern has. What came
// from a file is escaped. An empty only_from is shown as the nobody it admits.
#pragma once

#include <string>

#include "policy/service/service_spec.h"

namespace postern::policy {

// "Service configuration: NAME" and one indented line for each thing that is set.
std::string DescribeService(const ServiceSpec& spec);

}  // namespace postern::policy

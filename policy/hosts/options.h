// SPDX-License-Identifier: BSD-2-Clause
// The options of an access rule, parsed once into actions.
//
// Source: hosts_options(5). Options act from left to right until one ends the decision or is in
// error; what stands in front of an error still acts. Parsing does nothing and looks nothing up:
// wrapper/ performs the actions. Fuzz target: hosts_options.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/base/diagnostic.h"

namespace postern::policy::hosts {

// Commands and values are kept unexpanded; see percent_expand.h.
namespace option {
struct SetSeverity {
  std::optional<int> facility;  // <syslog.h>'s numbers, already shifted
  int level = 0;                // 0..7
};
struct Spawn {
  std::string command;
};
struct Aclexec {
  std::string command;
};
struct Keepalive {};
struct Linger {
  int seconds = 0;
};
struct Rfc931 {
  std::optional<int> timeout;  // seconds
};
struct Banners {
  std::string directory;
};
struct Nice {
  int increment = 10;
};
struct Setenv {
  std::string name_and_value;
};
struct Umask {
  std::uint32_t mask = 0;
};
struct RunAs {  // `user NAME[.GROUP]`, and `group NAME` with an empty user
  std::string user, group;
};
}  // namespace option

using OptionAction =
    std::variant<option::SetSeverity, option::Spawn, option::Aclexec, option::Keepalive,
                 option::Linger, option::Rfc931, option::Banners, option::Nice, option::Setenv,
                 option::Umask, option::RunAs>;

struct OptionProgram {
  enum class End : std::uint8_t {
    kTable,  // as the table of the rule says
    kAllow,
    kDeny,
    kTwist,  // the client is handed to `twist_command`
    kError,  // refused; `error` says why
  };
  std::vector<OptionAction> actions;
  End end = End::kTable;
  std::string twist_command;
  std::optional<Diagnostic> error;
};

// `text` is everything behind the second colon of a rule; `where` the place of its first byte.
OptionProgram ParseOptions(std::string_view text, const SourceLocation& where);

// As the language writes it: "severity local5.info", "umask 27". Parses back to the same action.
std::string OptionText(const OptionAction& action);

}  // namespace postern::policy::hosts

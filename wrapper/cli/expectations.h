// SPDX-License-Identifier: BSD-2-Clause
// Files of expectations for `postern test`, one a line:
//
//   allow|deny SERVICE CLIENT [KEY=VALUE…]          one client, by its address
//   allow|deny SERVICE from [!]BLOCK [KEY=VALUE…]   every address of the block, or outside it
//
// A word that begins with '#' begins a comment. Keys are name, user, at, and the server_… keys of
// `match --batch`.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/address/cidr.h"
#include "policy/base/diagnostic.h"
#include "wrapper/cli/question.h"

namespace postern::cli {

struct AddressRange {
  policy::CidrBlock block;
  bool outside = false;  // every address, of both families, that is not in the block
};

struct Expectation {
  policy::SourceLocation where;
  std::string text;  // as written, without comment and blanks around it
  bool allow = false;
  std::string subject;  // a service's id or a daemon's name
  Question question;    // neither its service nor its daemon is set
  std::optional<AddressRange> range;
};

struct ExpectationFile {
  std::vector<Expectation> expectations;
  std::vector<std::string> problems;  // "FILE:LINE: …"
};

// Any bytes are acceptable. Fuzz target: expectations.
ExpectationFile ParseExpectations(const std::string& path, std::string_view content);

// "10.0.0.0/8", "2001:db8::/32", a single address; host bits must be zero.
std::expected<policy::CidrBlock, std::string> ParseBlock(std::string_view text);

}  // namespace postern::cli

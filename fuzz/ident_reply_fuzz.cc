// SPDX-License-Identifier: BSD-2-Clause
// An ident server's reply (policy/hosts/ident_reply.h): any bytes name one bounded word of the
// reply or nobody, and never for the ports the other way round.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "policy/hosts/ident_reply.h"

namespace {

using postern::policy::hosts::kMaxIdentReply;
using postern::policy::hosts::kMaxIdentUser;
using postern::policy::hosts::ParseIdentReply;

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string reply(data, data + size);
  const auto user = ParseIdentReply(reply, 4711, 22);
  if (!user) return 0;
  Require(!user->empty() && user->size() <= kMaxIdentUser);
  Require(user->find_first_of(" \t\n\v\f\r") == std::string::npos);
  Require(reply.substr(0, kMaxIdentReply).find(*user) != std::string::npos);
  Require(!ParseIdentReply(reply, 22, 4711));
  return 0;
}

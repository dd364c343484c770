// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/inquiry.h"

namespace postern::daemon {

using policy::hosts::Fact;

Fact FactOf(const AnswerName& answer) {
  switch (answer.outcome) {
    case WireName::kConfirmed:
      return Fact::Known(NameIn(answer));
    case WireName::kNone:
      return Fact::Unknown();
    case WireName::kFailed:
      return Fact::Unavailable();
    case WireName::kNumeric:
    case WireName::kNoForward:
    case WireName::kOtherName:
    case WireName::kOtherAddress:
      break;
  }
  return Fact::Known(policy::hosts::kParanoid);
}

// A server that is there and names nobody, or is not there, has said so; silence says nothing.
Fact FactOf(const AnswerUser& answer) {
  switch (answer.outcome) {
    case WireUser::kUser: {
      const std::string_view text = TextIn(answer);
      return Fact::Known(text.substr(0, text.find_first_of(" \t\v\f\r")));
    }
    case WireUser::kNoServer:
    case WireUser::kLost:
    case WireUser::kBadReply:
      return Fact::Unknown();
    case WireUser::kSystem:
    case WireUser::kTimeout:
      break;
  }
  return Fact::Unavailable();
}

std::optional<ToldUser> UserIn(const AnswerUser& answer) {
  if (answer.outcome != WireUser::kUser) return std::nullopt;
  return ToldUser{std::string(SystemIn(answer)), std::string(TextIn(answer))};
}

std::string_view WhyNotConfirmed(WireName outcome) {
  switch (outcome) {
    case WireName::kConfirmed:
    case WireName::kNone:
      return {};
    case WireName::kFailed:
      return "no name server could tell it";
    case WireName::kNumeric:
      return "it is a number";
    case WireName::kNoForward:
      return "it has no address";
    case WireName::kOtherName:
      return "it is an alias of another";
    case WireName::kOtherAddress:
      return "it has other addresses";
  }
  return {};
}

std::string_view WhyNoUser(WireUser end) {
  switch (end) {
    case WireUser::kUser:
      break;
    case WireUser::kNoServer:
      return "no server";
    case WireUser::kSystem:
      return "system error";
    case WireUser::kLost:
      return "error while receiving response";
    case WireUser::kBadReply:
      return "bad response";
    case WireUser::kTimeout:
      return "timeout";
  }
  return {};
}

}  // namespace postern::daemon

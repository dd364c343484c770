// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/lookup/interfaces.h"

#include <sys/resource.h>

#include <catch2/catch.hpp>

#include "tests/testlib/child.h"

namespace postern::wrapper {
namespace {

using policy::hosts::Fact;
using policy::hosts::Presence;
using policy::hosts::Request;

TEST_CASE("an interface is there, is not, or cannot be asked for") {
  CHECK(InterfacePresence("lo") == Presence::kPresent);
  CHECK(InterfacePresence("nosuch7") == Presence::kAbsent);
  CHECK(InterfacePresence("longer-than-any-interface") == Presence::kAbsent);
  CHECK(testlib::InChild([] {
          const rlimit none{0, 0};
          if (::setrlimit(RLIMIT_NOFILE, &none) != 0) return 1;
          return InterfacePresence("lo") == Presence::kUntold ? 0 : 2;
        }) == 0);
}

TEST_CASE("a request notes the interfaces that its texts name and that are not there") {
  Request request;
  request.client.address = Fact::Known("fe80::1%lo");
  AskForInterfaces(request);
  CHECK(request.absent_interfaces.empty());
  request.client.address = Fact::Known("fe80::1%nosuch7");
  request.client.name = Fact::Known("fe80::1%nosuch8");
  request.server.address = Fact::Known("2001:db8::1%nosuch9");  // not link-local: no address
  AskForInterfaces(request);
  CHECK(request.absent_interfaces == std::vector<std::string>{"nosuch8", "nosuch7"});
}

}  // namespace
}  // namespace postern::wrapper

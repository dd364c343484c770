// SPDX-License-Identifier: BSD-2-Clause
#include "policy/hosts/percent_expand.h"

#include <catch2/catch.hpp>
#include <string>

namespace postern::policy::hosts {
namespace {

Request Full() {
  Request request;
  request.daemon = Fact::Known("ftpd");
  request.user = Fact::Known("carol");
  request.client = {Fact::Known("alpha.example.org"), Fact::Known("192.0.2.50"), 4711};
  request.server = {Fact::Known("www.example.org"), Fact::Known("2001:db8::1"), 21};
  return request;
}

std::string Expand(std::string_view text, Request& request) {
  const auto result = PercentExpand(text, request, 99);
  REQUIRE(std::holds_alternative<Expansion>(result));
  return std::get<Expansion>(result).text;
}

std::string ExpandFull(std::string_view text) {
  Request request = Full();
  return Expand(text, request);
}

TEST_CASE("each letter stands for its value") {
  CHECK(ExpandFull("%a %A") == "192.0.2.50 2001:db8::1");
  CHECK(ExpandFull("%n %N") == "alpha.example.org www.example.org");
  CHECK(ExpandFull("%h %H") == "alpha.example.org www.example.org");
  CHECK(ExpandFull("%u %c") == "carol carol@alpha.example.org");
  CHECK(ExpandFull("%d %s %p") == "ftpd ftpd@www.example.org 99");
  CHECK(ExpandFull("%r %R") == "4711 21");
  CHECK(ExpandFull("100%% %") == "100% %");
}

TEST_CASE("a name or user not asked for yet is asked for by %n, %N and %u alone") {
  Request request;
  const auto need = [&request](std::string_view text) {
    const auto result = PercentExpand(text, request, 1);
    REQUIRE(std::holds_alternative<Need>(result));
    return std::get<Need>(result).what;
  };
  CHECK(need("x %n") == Needed::kClientName);
  CHECK(need("%N") == Needed::kServerName);
  CHECK(need("%u") == Needed::kUser);
  request.client.address = Fact::Known("192.0.2.50");
  CHECK(Expand("%h %c %H %s", request) == "192.0.2.50 192.0.2.50 unknown unknown");
}

TEST_CASE("a name that is unknown or did not verify is not shown for the host") {
  for (const char* name : {"unknown", "paranoid", "PARANOID"}) {
    Request request = Full();
    request.client.name = Fact::Known(name);
    request.user = Fact::Unknown();
    CHECK(Expand("%h %c", request) == "192.0.2.50 192.0.2.50");
    CHECK(Expand("%n", request) == name);
    CHECK(ClientInfo(request) == "192.0.2.50");
  }
}

TEST_CASE("ports are 0 without a socket address") {
  Request request;
  CHECK(Expand("%r %R", request) == "0 0");
}

TEST_CASE("a letter that means nothing gives no text and is told") {
  Request request = Full();
  const auto result = PercentExpand("a%zb% c%", request, 1);
  REQUIRE(std::holds_alternative<Expansion>(result));
  CHECK(std::get<Expansion>(result).text == "abc%");
  CHECK(std::get<Expansion>(result).unrecognized == std::vector<char>{'z', ' '});
}

TEST_CASE("what the client chose cannot act in a shell, what the administrator wrote can") {
  Request request = Full();
  request.user = Fact::Known("a;b$(c)\n`d'\"\\ é");
  CHECK(Expand("echo $(x); %u", request) == "echo $(x); a_b__c___d______");
  request = Full();
  request.client.name = Fact::Known("-rf%u!,x");
  CHECK(Expand("%n", request) == "_rf%u!,x");
}

TEST_CASE("no value begins as an option does") {
  Request request = Full();
  request.user = Fact::Known("-f root");
  CHECK(Expand("%c", request) == "_f_root@alpha.example.org");
  CHECK(Expand("%u --%u", request) == "_f_root --_f_root");
  request = Full();
  request.client.name = Fact::Known("-");
  CHECK(Expand("%h %n", request) == "_ _");
}

TEST_CASE("the filtered value replaces the one that is matched and logged") {
  Request request = Full();
  request.client.name = Fact::Known("we$ird.test");
  request.user = Fact::Known("o'neill");
  request.daemon = Fact::Known("ft pd");
  CHECK(Expand("%c", request) == "o_neill@we_ird.test");
  CHECK(request.client.name.text() == "we$ird.test");  // %c filters a copy
  CHECK(Expand("%n %u %d", request) == "we_ird.test o_neill ft_pd");
  CHECK(request.client.name.text() == "we_ird.test");
  CHECK(request.user.text() == "o_neill");
  CHECK(request.daemon.text() == "ft_pd");
  CHECK(ClientInfo(request) == "o_neill@we_ird.test");
}

TEST_CASE("a text of 8190 bytes is the longest there is") {
  Request request = Full();
  CHECK(Expand(std::string(kMaxExpansion, 'x'), request).size() == kMaxExpansion);
  const auto too_long = PercentExpand(std::string(kMaxExpansion + 1, 'x'), request, 1);
  CHECK(std::holds_alternative<TooLong>(too_long));
  const std::string before(kMaxExpansion - 4, 'x');
  CHECK(Expand(before + "%d", request).size() == kMaxExpansion);
  CHECK(std::holds_alternative<TooLong>(PercentExpand(before + "x%d", request, 1)));
}

}  // namespace
}  // namespace postern::policy::hosts

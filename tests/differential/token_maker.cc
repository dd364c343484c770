// SPDX-License-Identifier: BSD-2-Clause
#include "tests/differential/token_maker.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>

namespace postern::differential {
namespace {

const std::vector<const char*> kDaemons = {"ftpd", "sshd",           "in.tftpd", "FTPD",
                                           "22",   "unknown",        "known",    "portmap",
                                           "a/b",  "::ffff:10.1.2.3"};
const std::vector<const char*> kUsers = {"carol", "dave", "Carol", "unknown", "root",
                                         "local", "[a",   "a.b",   "x=y",     "paranoid"};
const std::vector<const char*> kNames = {"alpha.lab.example.org",
                                         "beta.lab.example.org",
                                         "example.org",
                                         "alpha",
                                         "localhost",
                                         "unknown",
                                         "paranoid",
                                         "10.host.example",
                                         "aaaa",
                                         "xx",
                                         "x",
                                         "trailing.dot.",
                                         ".leading",
                                         "h\xc3\xa4r.example",
                                         "192.0.2.50",
                                         "::ffff:10.1.2.3",
                                         "known",
                                         "we$ird.test",
                                         "1.2.3.4.in-addr"};
const std::vector<const char*> kOddAddresses = {"255.255.255.255",
                                                "::ffff:255.255.255.255",
                                                "localhost",
                                                "192.0.2.050",
                                                "10.1.2.3 ",
                                                "10.1.2",
                                                "fe80::5%lo",
                                                "fe80::5%nosuch7",
                                                "fe80::5%LO",
                                                "fe80::5%1",
                                                "::",
                                                "::1",
                                                "0.0.0.0",
                                                "unknown",
                                                "paranoid",
                                                "::ffff:10.1.2",
                                                "::10.1.2.3",
                                                "0x0a.1.2.3",
                                                "2001:DB8:A::7",
                                                "1:2:3:4:5:6:7:8"};
const std::vector<const char*> kWildcards = {"ALL", "KNOWN", "UNKNOWN", "LOCAL", "PARANOID",
                                             "all", "Known", "local",   "ALLx",  "*",
                                             "?",   "**",    "*?"};
const std::vector<const char*> kIpv4Masks = {"0",
                                             "33",
                                             "-1",
                                             "08",
                                             "+8",
                                             "8x",
                                             "0x18",
                                             "24junk",
                                             "",
                                             "255.255.255",
                                             "255.255.255.255",
                                             "0.0.0.0",
                                             "255.0.255.0",
                                             "4294967304",
                                             "24/8",
                                             "24.0.0.0",
                                             "0xff.0.0.0",
                                             "030",
                                             "-4294967288"};
const std::vector<const char*> kIpv6Lengths = {
    "",  "junk",       "-1",   "129",  "200", "64x", "+64", "064", "0x40", "4294967360",
    "-", "4294967296", "[48]", "64/3", "0",   "128", "1",   "127", "+",    "99999999999999999999"};
const std::vector<const char*> kOddTokens = {"@",
                                             "/",
                                             ".",
                                             "..",
                                             "[",
                                             "]",
                                             "[]",
                                             "]x[",
                                             "[x",
                                             "@@",
                                             "a@",
                                             "@trusted",
                                             "@Trusted",
                                             "@nobody",
                                             "carol@@trusted",
                                             "a@b@c",
                                             "[a@192.0.2.50",
                                             "x[@]y",
                                             "#",
                                             "\\",
                                             "=",
                                             "%a",
                                             "!",
                                             "192.0.2.*/24",
                                             "*/8",
                                             ".2.50",
                                             "10.",
                                             ".example.org.",
                                             "[2001:db8::*]",
                                             "[10.1.2.3]",
                                             "[::ffff:10.1.2.3]",
                                             "[::ffff:10.1.2.0]/120",
                                             "2001:db8::1",
                                             "10.1.2.3/",
                                             "/8",
                                             "[fe80::5%lo]",
                                             "[fe80::5%nosuch7]",
                                             "[fe80::%lo]/10",
                                             "[fe80::%nosuch7]/10",
                                             "[fe80::%1]/64",
                                             "[::%]/8",
                                             "[2001:db8:a::7%1]",
                                             "alpha.*",
                                             "[]/8",
                                             "[::]8/8",
                                             "[::]/8/",
                                             "FAIL"};
const std::vector<const char*> kOptions = {"allow",
                                           "deny",
                                           "allow x",
                                           "deny=",
                                           "ALLOW",
                                           "Deny",
                                           "keepalive",
                                           "keepalive 1",
                                           "linger 30",
                                           "linger",
                                           "linger -1",
                                           "linger 5x",
                                           "linger +5",
                                           "linger 4294967301",
                                           "linger 5 6",
                                           "linger 99999999999999999999",
                                           "linger 07",
                                           "rfc931",
                                           "rfc931 5",
                                           "rfc931 0",
                                           "rfc931 -3",
                                           "rfc931 x",
                                           "rfc931 5x",
                                           "rfc931 4294967297",
                                           "rfc931 =7",
                                           "banners /nonexistent",
                                           "banners",
                                           "nice",
                                           "nice 5",
                                           "nice -5",
                                           "nice x",
                                           "nice=5",
                                           "nice = 5",
                                           "nice == 5",
                                           "nice 5 5",
                                           "nice 1.5",
                                           "setenv A b",
                                           "setenv A",
                                           "setenv A=b",
                                           "setenv =b",
                                           "setenv",
                                           "setenv A  b c ",
                                           "setenv %u x",
                                           "setenv %z",
                                           "setenv %z x",
                                           "setenv A%",
                                           "setenv %d-%a %c",
                                           "setenv\tA\tb",
                                           "umask 27",
                                           "umask 9",
                                           "umask 777",
                                           "umask 1000",
                                           "umask 0",
                                           "umask -1",
                                           "umask 0o7",
                                           "umask +17",
                                           "umask",
                                           "umask 40000000027",
                                           "umask -37777777777",
                                           "user nobody",
                                           "user nobody.nogroup",
                                           "user nosuch",
                                           "user nobody.nosuch",
                                           "user .nogroup",
                                           "user nobody.",
                                           "user nosuch.nogroup",
                                           "user 65534",
                                           "user nobody nogroup",
                                           "user",
                                           "group nogroup",
                                           "group nosuch",
                                           "group",
                                           "group nobody.nogroup",
                                           "severity info",
                                           "severity local5.info",
                                           "severity local9.info",
                                           "severity authpriv.info",
                                           "severity Local5.INFO",
                                           "severity mail.",
                                           "severity .info",
                                           "severity warn",
                                           "severity a.b.c",
                                           "severity mail .info",
                                           "severity 6",
                                           "severity",
                                           "spawn /nowhere/true",
                                           "spawn",
                                           "spawn echo a\\:b",
                                           "aclexec /nowhere/true",
                                           "aclexec",
                                           "twist /nowhere/echo",
                                           "twist",
                                           "twist echo \\: deny",
                                           "logit",
                                           "",
                                           " ",
                                           "=",
                                           "=allow",
                                           "allow\\",
                                           "a\vllow",
                                           "\vallow\f",
                                           "spawn=/nowhere/true",
                                           "spawn [x",
                                           "nice\\:",
                                           "\\",
                                           "spawn \\\\:deny"};

std::string Ipv4Text(std::uint32_t address) {
  return std::to_string(address >> 24) + "." + std::to_string(address >> 16 & 255) + "." +
         std::to_string(address >> 8 & 255) + "." + std::to_string(address & 255);
}

}  // namespace

TokenMaker::TokenMaker(Dice& dice, const std::string& folder)
    : dice_(dice),
      folder_(folder),
      daemons_({kDaemons[0], kDaemons[0], kDaemons[0], dice.Of(kDaemons), dice.Of(kDaemons)}),
      users_({kUsers[0], kUsers[0], dice.Of(kUsers), ""}),
      addresses_({"192.0.2.50", "2001:db8:a::7"}),
      names_({kNames[0], kNames[0], dice.Of(kNames), ""}),
      ports_({21, 22}) {}

std::string TokenMaker::CaseChanged(std::string text) {
  for (char& byte : text) {
    const auto letter = static_cast<unsigned char>(byte);
    if (letter < 0x80 && dice_.OneIn(2)) {
      byte = static_cast<char>(std::isupper(letter) != 0 ? std::tolower(letter)
                                                         : std::toupper(letter));
    }
  }
  return text;
}

std::uint32_t TokenMaker::SomeIpv4() {
  constexpr std::array<std::uint32_t, 5> kBases = {0xc0000232, 0x0a010203, 0xc6336407, 0x7f000001,
                                                   0xfffffffe};
  std::uint32_t address = dice_.Pick(kBases);
  if (dice_.OneIn(2)) address ^= std::uint32_t{1} << dice_.Below(dice_.OneIn(3) ? 32 : 10);
  return address;
}

TokenMaker::Ipv6 TokenMaker::SomeIpv6() {
  const std::vector<const char*> bases = {
      "2001:db8:a::7",         "2001:db8:b::", "fe80::5", "::1", "::ffff:192.0.2.50", "::",
      "2001:db8::ff00:42:8329"};
  Ipv6 address{};
  ::inet_pton(AF_INET6, dice_.Pick(bases), address.data());
  if (dice_.OneIn(2)) {
    const std::size_t bit = dice_.Below(128);
    address[bit / 8] = static_cast<std::uint8_t>(address[bit / 8] ^ (128 >> bit % 8));
  }
  return address;
}

std::string TokenMaker::Ipv6Text(const Ipv6& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET6, address.data(), text.data(), text.size());
  std::string result = text.data();
  if (dice_.OneIn(4)) {
    // The same address written out, with leading zeros in the groups.
    result.clear();
    constexpr const char* kDigits = "0123456789abcdef";
    for (std::size_t byte = 0; byte < address.size(); ++byte) {
      if (byte != 0 && byte % 2 == 0) result += ':';
      result += kDigits[address[byte] >> 4];
      result += kDigits[address[byte] & 15];
    }
  }
  if (dice_.OneIn(6)) result = CaseChanged(result);
  if (dice_.OneIn(12))
    result += dice_.Of({"%1", "%0", "%lo", "%nosuch7", "%a-name-too-long", "%0x1", "%4294967295",
                        "%4294967296", "%"});
  return result;
}

std::string TokenMaker::Ipv4Net() {
  const std::uint32_t address = SomeIpv4();
  const std::size_t length = 1 + dice_.Below(32);
  const auto mask = static_cast<std::uint32_t>(~std::uint64_t{0} << (32 - length));
  const std::uint32_t network = address & mask;
  for (const std::uint32_t edge :
       {network, network - 1, network | ~mask, (network | ~mask) + 1, address}) {
    addresses_.push_back(Ipv4Text(edge));
  }
  std::string net = Ipv4Text(dice_.OneIn(6) ? address : network);
  if (dice_.OneIn(12)) net = "0" + net;
  if (dice_.OneIn(20)) net = "0x" + net;
  if (dice_.OneIn(20)) net = net.substr(0, net.rfind('.'));
  if (dice_.OneIn(30)) net += ".";
  if (dice_.OneIn(30)) net = "[" + net + "]";
  if (dice_.OneIn(5)) return net + "/" + dice_.Of(kIpv4Masks);
  return net + "/" + (dice_.OneIn(3) ? Ipv4Text(mask) : std::to_string(length));
}

std::string TokenMaker::Ipv6Net() {
  Ipv6 address = SomeIpv6();
  const std::size_t length = dice_.OneIn(3) ? 8 * dice_.Below(17) : dice_.Below(129);
  std::string net = Ipv6Text(address);
  addresses_.push_back(Ipv6Text(address));
  // One bit inside the prefix and one behind it.
  for (const std::size_t bit : {length - 1, length}) {
    if (bit >= 128) continue;
    Ipv6 near = address;
    near[bit / 8] = static_cast<std::uint8_t>(near[bit / 8] ^ (128 >> bit % 8));
    addresses_.push_back(Ipv6Text(near));
  }
  if (!dice_.OneIn(20)) net = "[" + net + "]";
  return net + "/" + (dice_.OneIn(4) ? dice_.Of(kIpv6Lengths) : std::to_string(length));
}

std::string TokenMaker::Ipv6Address() {
  const Ipv6 address = SomeIpv6();
  addresses_.push_back(Ipv6Text(address));
  return "[" + Ipv6Text(address) + "]";
}

std::string TokenMaker::Address() {
  switch (dice_.Below(8)) {
    case 0:
      return Ipv6Address();
    case 1:
      return Ipv6Net();
    case 2:
      return Ipv6Net();
    case 3:
      return Ipv4Net();
    case 4:
      return Ipv4Net();
    case 5:
      return Text(Ipv4Text(SomeIpv4()));
    default:
      break;
  }
  const std::string address = Ipv4Text(SomeIpv4());
  addresses_.push_back(address);
  if (dice_.OneIn(2)) return address;
  const std::size_t dot = address.find('.', dice_.Below(address.rfind('.') + 1));
  addresses_.push_back(address.substr(0, dot) + "9.1.1");
  return address.substr(0, dot + (dice_.OneIn(8) ? 0 : 1));
}

std::string TokenMaker::Glob(std::string value) {
  for (std::size_t stars = 1 + dice_.Below(3); stars > 0; --stars) {
    const std::size_t at = dice_.Below(value.size() + 1);
    const std::size_t length = std::min(dice_.Below(4), value.size() - at);
    value.replace(at, length, dice_.Of({"*", "*", "?", "??", "**", "*?", "?*"}));
  }
  return value;
}

std::string TokenMaker::Text(const std::string& value) {
  std::string pattern = dice_.OneIn(5) ? CaseChanged(value) : value;
  const std::size_t at = value.empty() ? 0 : dice_.Below(value.size());
  switch (dice_.Below(6)) {
    case 0:
      return Glob(pattern);
    case 1:
      return pattern.substr(std::min(pattern.find('.', at), at));
    case 2:
      return "." + pattern.substr(std::min(pattern.find('.', at) + 1, pattern.size()));
    case 3:
      return pattern.substr(0, pattern.find('.', at)) + ".";
    default:
      return pattern;
  }
}

std::string TokenMaker::Name() {
  const std::string name = dice_.OneIn(2) ? dice_.Pick(names_) : dice_.Of(kNames);
  const std::string pattern = Text(name);
  names_.push_back(name);
  if (pattern.starts_with('.')) {
    names_.push_back(pattern.substr(1));
    names_.push_back("x" + pattern);
    names_.push_back("x" + pattern.substr(1));
  }
  return pattern;
}

std::string TokenMaker::Host(unsigned file) {
  switch (dice_.Below(16)) {
    case 0:
      return dice_.Of(kOddTokens);
    case 1:
      return dice_.Of(kWildcards);
    case 2:
      return dice_.OneIn(3) ? "ALL" : dice_.Of(kWildcards);
    case 3: {
      const unsigned first = dice_.OneIn(12) ? 0 : file;
      return folder_ + "/f" + std::to_string(first + 1 + dice_.Below(kFiles - first));
    }
    case 4:
      return dice_.Of({"@trusted", "@others", "@Trusted", "@x/24", "@trusted.example"});
    case 5:
    case 6:
    case 7:
    case 8:
      return Name();
    default:
      return Address();
  }
}

std::string TokenMaker::PlainDaemon() {
  return dice_.OneIn(3) ? "ALL" : CaseChanged(dice_.Pick(daemons_));
}

std::string TokenMaker::PlainClient() { return dice_.OneIn(3) ? Name() : Address(); }

std::string TokenMaker::Port() {
  const std::uint16_t port = dice_.Pick(ports_);
  const std::string number = std::to_string(port);
  switch (dice_.Below(10)) {
    case 0:
      return "0" + number;
    case 1:
      return "+" + number;
    case 2:
      return "-" + number;
    case 3:
      return number + "x";
    case 4:
      return std::to_string(port + 4294967296);
    case 5:
      return std::to_string(static_cast<std::int64_t>(port) - 4294967296);
    case 6:
      return dice_.Of({"65535", "65536", "0", "\v22", "99999999999999999999", "0x16", "-0"});
    default:
      return number;
  }
}

std::string TokenMaker::Daemon() {
  std::string token;
  switch (dice_.Below(10)) {
    case 0:
    case 1:
    case 2:
      token = "ALL";
      break;
    case 3:
      token = Text(dice_.Pick(daemons_));
      break;
    case 4:
      token = Port();
      break;
    case 5:
      token = dice_.OneIn(2) ? dice_.Of(kWildcards) : dice_.Of(kOddTokens);
      break;
    default:
      token = dice_.Pick(daemons_);
      break;
  }
  if (dice_.OneIn(6)) token += "@" + Host();
  if (dice_.OneIn(60)) token = folder_ + "/f1";
  return token;
}

std::string TokenMaker::Client() {
  std::string token = Host();
  if (dice_.OneIn(5)) {
    const std::string user = dice_.OneIn(4) ? dice_.Of(kWildcards) : Text(dice_.Pick(users_));
    token = user + "@" + (dice_.OneIn(3) ? "ALL" : token);
  }
  return token;
}

std::string TokenMaker::Option() {
  // Too long once it is expanded; nothing else is.
  if (dice_.OneIn(400)) {
    std::string value = "spawn ";
    for (int part = 0; part < 700; ++part) value += "%d%a%u%n";
    return value;
  }
  if (dice_.OneIn(6)) return dice_.Of({"setenv ", "spawn ", "nice ", "umask ", "linger "}) + Port();
  return dice_.Of(kOptions);
}

std::string TokenMaker::Options() {
  std::string options = Option();
  while (dice_.OneIn(3)) options += dice_.Of({":", " : ", ": ", "\t:"}) + Option();
  return options;
}

std::string TokenMaker::DaemonValue() {
  const std::string value = dice_.OneIn(12) ? "" : dice_.Pick(daemons_);
  return dice_.OneIn(8) ? CaseChanged(value) : value;
}

std::string TokenMaker::UserValue() {
  const std::string value = dice_.OneIn(3) ? dice_.Of(kUsers) : dice_.Pick(users_);
  return dice_.OneIn(8) ? CaseChanged(value) : value;
}

std::string TokenMaker::AddressValue() {
  if (dice_.OneIn(10)) return dice_.Of(kOddAddresses);
  std::string value = dice_.OneIn(25) ? "" : dice_.Pick(addresses_);
  const bool ipv4 = value.find(':') == std::string::npos;
  if (ipv4 && dice_.OneIn(6))
    value = dice_.Of({"::ffff:", "::FFFF:", "::FfFf:", "0::ffff:"}) + value;
  return value;
}

std::string TokenMaker::NameValue() {
  if (dice_.OneIn(40)) return std::string(100 + dice_.Below(60), 'a');
  std::string value = dice_.OneIn(6) ? dice_.Of(kNames) : dice_.Pick(names_);
  if (dice_.OneIn(20)) value = dice_.Of({"unknown", "paranoid", "UNKNOWN", ""});
  return dice_.OneIn(8) ? CaseChanged(value) : value;
}

std::uint16_t TokenMaker::PortValue() {
  return dice_.OneIn(8) ? static_cast<std::uint16_t>(dice_.Any()) : dice_.Pick(ports_);
}

}  // namespace postern::differential

// SPDX-License-Identifier: BSD-2-Clause
// xinetd.conf (policy/service/conf_parser.h, configuration.h): parse, print, parse is identity, and
// the bytes load as xinetd.conf and as inetd.conf at once with every service either up or held.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "policy/service/conf_parser.h"
#include "policy/service/conf_printer.h"
#include "policy/service/service_text.h"
#include "tests/testlib/fake_system.h"

namespace {

using postern::policy::Block;
using postern::policy::Configuration;
using postern::policy::ConfItem;
using postern::policy::ParsedConf;

// Printing joins words with one blank, so a line grows by a byte or two at most; below this size
// no line reaches the lexer's limit.
constexpr std::size_t kMostBytes = 8192;

void Require(bool condition) {
  if (!condition) std::abort();
}

bool IsSecondDefaults(const Block& block) {
  return block.damage.size() == 1 && block.damage[0].code == "second-defaults";
}

void CheckRoundTrip(const std::string& text) {
  const std::string printed = PrintConf(postern::policy::ParseConf("fuzz", text).file);
  const ParsedConf again = postern::policy::ParseConf("fuzz", printed);
  Require(again.diagnostics.empty() && !again.defaults_lost);
  for (const ConfItem& item : again.file.items) {
    const auto* const block = std::get_if<Block>(&item);
    Require(block == nullptr || block->damage.empty() || IsSecondDefaults(*block));
  }
  Require(PrintConf(again.file) == printed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > kMostBytes) return 0;
  const std::string text(data, data + size);
  CheckRoundTrip(text);
  const Configuration loaded = postern::policy::LoadBoth(text, text);
  Require(loaded.usable || HasErrors(loaded.diagnostics));
  Require(loaded.held.empty() || HasErrors(loaded.diagnostics));
  for (const auto& finding : loaded.diagnostics) Require(!Render(finding).empty());
  for (const auto& service : loaded.services) Require(!DescribeService(*service).empty());
  return 0;
}

// SPDX-License-Identifier: BSD-2-Clause
#include "tests/differential/scenario.h"

#include <algorithm>

#include "tests/differential/dice.h"
#include "tests/differential/token_maker.h"

namespace postern::differential {
namespace {

using oracle::HostsFile;

class ScenarioMaker {
 public:
  ScenarioMaker(std::uint64_t seed, const std::string& folder)
      : dice_(seed), folder_(folder), tokens_(dice_, folder) {}

  Scenario Make() {
    Scenario scenario;
    scenario.world.allow = Table(false);
    scenario.world.deny = Table(true);
    for (unsigned file = 1; file < TokenMaker::kFiles; ++file) {
      scenario.world.pattern_files[folder_ + "/f" + std::to_string(file)] = PatternFile(file);
    }
    scenario.world.users = {"nobody"};
    scenario.world.groups = {"nogroup", "nobody"};
    for (const char* group : {"trusted", "others"}) {
      for (std::string name : {tokens_.NameValue(), tokens_.NameValue()}) {
        std::transform(name.begin(), name.end(), name.begin(), [](char byte) {
          return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + 32) : byte;
        });
        scenario.world.netgroup_members.insert({group, name});
      }
    }
    for (std::size_t count = 0; count < kCallersPerScenario; ++count) {
      scenario.callers.push_back(Caller());
    }
    return scenario;
  }

 private:
  oracle::HostsCaller Caller() {
    oracle::HostsCaller caller;
    caller.daemon = tokens_.DaemonValue();
    caller.user = tokens_.UserValue();
    caller.client_address = tokens_.AddressValue();
    caller.client_name = tokens_.NameValue();
    if (dice_.OneIn(2)) caller.server_address = tokens_.AddressValue();
    if (dice_.OneIn(2)) caller.server_name = tokens_.NameValue();
    if (dice_.OneIn(2)) caller.server_port = tokens_.PortValue();
    return caller;
  }

  HostsFile Table(bool deny) {
    HostsFile file{HostsFile::State::kFile, ""};
    if (dice_.OneIn(12)) {
      file.state = dice_.Pick(std::vector{HostsFile::State::kMissing, HostsFile::State::kDirectory,
                                          HostsFile::State::kUnreadable});
    }
    if (file.state != HostsFile::State::kFile) return file;
    if (dice_.OneIn(60)) file.content = "\xef\xbb\xbf";
    for (std::size_t lines = dice_.Below(6); lines > 0; --lines) file.content += Line();
    if (dice_.OneIn(5)) file.content += ManyPlainRules();
    if (deny && dice_.OneIn(2)) file.content += "ALL: ALL\n";
    if (dice_.OneIn(6)) Spoil(file.content);
    if (dice_.OneIn(20) && file.content.ends_with('\n')) file.content.pop_back();
    return file;
  }

  HostsFile PatternFile(unsigned number) {
    HostsFile file{HostsFile::State::kFile, ""};
    if (dice_.OneIn(6)) {
      file.state = dice_.Pick(std::vector{HostsFile::State::kMissing, HostsFile::State::kDirectory,
                                          HostsFile::State::kUnreadable});
    }
    if (file.state != HostsFile::State::kFile) return file;
    for (std::size_t count = dice_.Below(5); count > 0; --count) {
      file.content += dice_.OneIn(12) ? "#comment, user@" : "";
      file.content += tokens_.Host(number) + dice_.Of({"\n", " ", "\t", "\r\n", "\v", "\f", ", "});
    }
    if (dice_.OneIn(100)) file.content += std::string(8185 + dice_.Below(10), 'x') + "\n";
    return file;
  }

  std::string Separator() {
    return dice_.Of({" ", " ", " ", ", ", ",", "\t", "  ", ",,", " \r ", ", ,"});
  }

  template <typename Maker>
  std::string List(Maker token) {
    if (dice_.OneIn(40)) return "";
    std::string list = token();
    while (dice_.OneIn(2)) list += Separator() + token();
    // One more than half of these nest.
    while (dice_.OneIn(4)) {
      list += Separator() + dice_.Of({"EXCEPT", "EXCEPT", "except", "Except"});
      while (dice_.OneIn(3) || (dice_.OneIn(2) && !dice_.OneIn(8))) list += Separator() + token();
    }
    if (dice_.OneIn(60)) list = "EXCEPT " + list;
    return list;
  }

  std::string Line() {
    if (dice_.OneIn(10)) return OddLine();
    std::string line = List([this] { return tokens_.Daemon(); }) + dice_.Of({":", ": ", " : "}) +
                       List([this] { return tokens_.Client(); });
    if (dice_.OneIn(5)) line += dice_.Of({":", ": ", " : "}) + tokens_.Options();
    if (dice_.OneIn(30)) line = dice_.Of({" ", "\t", "#", " #", "\v", ","}) + line;
    if (dice_.OneIn(30)) line += dice_.Of({" # comment", " #", ":", " :", " ,", "\r", "\\", "\\ "});
    if (dice_.OneIn(8))
      line.insert(dice_.Below(line.size() + 1), dice_.Of({"\\\n", "\\\n ", "\n"}));
    if (dice_.OneIn(40)) Lengthen(line);
    return line + "\n";
  }

  // As many as it takes for postern to keep an index of them.
  std::string ManyPlainRules() {
    std::string rules;
    for (std::size_t lines = 1 + dice_.Below(60); lines > 0; --lines) {
      rules += tokens_.PlainDaemon();
      while (dice_.OneIn(4)) rules += Separator() + tokens_.PlainDaemon();
      rules += ":" + tokens_.PlainClient();
      while (dice_.OneIn(2)) rules += Separator() + tokens_.PlainClient();
      if (dice_.OneIn(20)) rules += ":" + tokens_.Options();
      rules += "\n";
      if (dice_.OneIn(10)) rules += Line();
    }
    return rules;
  }

  std::string OddLine() {
    return dice_.Of({"\n",
                     "# comment\n",
                     " \t\r\n",
                     "# x \\\n",
                     "\\\n",
                     "\\\\\n",
                     "no separator\n",
                     ":\n",
                     "::\n",
                     "ALL:\n",
                     ":ALL\n",
                     "\v\n",
                     "ftpd: ALL \\\r\n",
                     " # ftpd: ALL\n",
                     "# ftpd: ALL: deny\n",
                     "[ftpd: ALL\n",
                     "ftpd]: ALL\n",
                     "ftpd: [ALL: deny\n",
                     "ftpd: ALL]: deny\n",
                     "\\\n\\\n",
                     "ALL: ALL EXCEPT EXCEPT 10.\n"});
  }

  // To about the longest that is read, in one piece or in two.
  void Lengthen(std::string& line) {
    const std::size_t wanted = 2040 + dice_.Below(12);
    if (line.size() >= wanted) return;
    const std::size_t at = dice_.Below(line.size() + 1);
    line.insert(at, std::string(wanted - line.size(), dice_.OneIn(2) ? ' ' : ','));
    if (dice_.OneIn(2)) line.insert(dice_.Below(line.size() + 1), "\\\n");
  }

  void Spoil(std::string& text) {
    const std::string bytes("\0\r\v\f\x80\\:[]@/*?.,#\n%= \t'\"", 24);
    for (std::size_t count = 1 + dice_.Below(3); count > 0; --count) {
      const std::size_t at = dice_.Below(text.size() + 1);
      switch (dice_.Below(4)) {
        case 0:
          text.insert(at, text.substr(dice_.Below(text.size() + 1), dice_.Below(20)));
          break;
        case 1:
          text.erase(at, 1 + dice_.Below(3));
          break;
        default:
          text.insert(at, 1, dice_.Pick(bytes));
          break;
      }
    }
  }

  Dice dice_;
  std::string folder_;
  TokenMaker tokens_;
};

}  // namespace

Scenario MakeScenario(std::uint64_t seed, std::uint64_t index, const std::string& folder) {
  // Multiplied apart, so that neighbouring seeds share no scenario.
  return ScenarioMaker(seed * 0x9e3779b97f4a7c15 + index, folder).Make();
}

}  // namespace postern::differential

// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/gate_report.h"

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/gate_words.h"
#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"

namespace postern::daemon {
namespace {

namespace sys = sandbox::sys;

GateReport Reported(std::string_view letters, bool ended = true) {
  auto pipe = sys::MakePipe(/*nonblocking=*/true).value();
  REQUIRE(sys::WriteAll(pipe.write_end, letters));
  if (ended) pipe.write_end.Reset();
  return ReadGateReport(pipe.read_end).report;
}

GateAdviceFrame FrameOf(std::string_view words) {
  GateAdviceFrame frame;
  frame.length = static_cast<std::uint32_t>(words.size());
  words.copy(frame.words.data(), words.size());
  return frame;
}

GateAccount Advised(const GateAdviceFrame& frame, std::size_t cut = 0) {
  auto pipe = sys::MakePipe(/*nonblocking=*/true).value();
  std::string said(1, kGateSaysAdvice);
  said.append(reinterpret_cast<const char*>(&frame), sizeof frame - cut);
  REQUIRE(sys::WriteAll(pipe.write_end, said));
  return ReadGateReport(pipe.read_end);
}

TEST_CASE("The last letter of the gate says what became of the client") {
  CHECK(Reported("R") == GateReport::kRefused);
  CHECK(Reported("A") == GateReport::kBecame);
  CHECK(Reported("AF") == GateReport::kFailed);
}

TEST_CASE("A gate that said nothing, or what none says, has let nobody in") {
  for (const char* said : {"", "F", "AR", "RA", "AFA", "AAAAAAAA", "r", "0"}) {
    CAPTURE(said);
    CHECK(Reported(said) == GateReport::kNothing);
  }
}

TEST_CASE("Advice says what options set") {
  const GateAccount plain = Advised(GateAdviceFrame{});
  CHECK(plain.report == GateReport::kAdvised);
  CHECK_FALSE(plain.advice.umask);
  CHECK_FALSE(plain.advice.priority);
  CHECK_FALSE(plain.advice.twist);
  GateAdviceFrame frame = FrameOf(std::string_view("A=b\0C=\0echo hi\0", 15));
  frame.has_umask = frame.has_priority = frame.twist = 1;
  frame.umask = 077;
  frame.priority = -3;
  const GateAccount full = Advised(frame);
  CHECK(full.report == GateReport::kAdvised);
  CHECK(full.advice.umask == 077);
  CHECK(full.advice.priority == -3);
  CHECK(full.advice.words == std::vector<std::string>{"A=b", "C="});
  CHECK(full.advice.twist == "echo hi");
}

TEST_CASE("Advice that cannot be meant lets nobody in") {
  GateAdviceFrame frame = FrameOf(std::string_view("A=b\0", 4));
  std::size_t cut = 0;
  SECTION("cut short") { cut = 1; }
  SECTION("a umask that is none") { frame.umask = 01000; }
  SECTION("a priority that is none") { frame.priority = 20; }
  SECTION("flags that are neither") { frame.has_umask = 2; }
  SECTION("more words than there is room for") { frame.length = 3073; }
  SECTION("a word without an end") { frame.length = 3; }
  SECTION("an empty word") { frame = FrameOf(std::string_view("\0", 1)); }
  SECTION("a word that is no assignment") { frame = FrameOf(std::string_view("Ab\0", 3)); }
  SECTION("a word without a name") { frame = FrameOf(std::string_view("=b\0", 3)); }
  SECTION("twist without a command") {
    frame = GateAdviceFrame{};
    frame.twist = 1;
  }
  CHECK(Advised(frame, cut).report == GateReport::kNothing);
}

TEST_CASE("A descendant that holds the pipe open is not waited for") {
  CHECK(Reported("", /*ended=*/false) == GateReport::kNothing);
  CHECK(Reported("A", /*ended=*/false) == GateReport::kBecame);
}

}  // namespace
}  // namespace postern::daemon

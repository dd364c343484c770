// SPDX-License-Identifier: BSD-2-Clause
// Physical to logical lines, byte by byte as the buffer of tcp_wrappers has it.
#include "policy/hosts/table_lines.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace postern::policy::hosts {
namespace {

using namespace std::string_literals;

std::vector<LogicalLine> LinesOf(std::string_view content) {
  TableLines lines(content);
  std::vector<LogicalLine> all;
  while (auto line = lines.Next()) all.push_back(std::move(*line));
  return all;
}

std::vector<std::string> TextsOf(std::string_view content) {
  std::vector<std::string> texts;
  for (const LogicalLine& line : LinesOf(content)) texts.push_back(line.text);
  return texts;
}

using Texts = std::vector<std::string>;

TEST_CASE("a backslash in front of a newline joins lines, and nothing else does") {
  CHECK(TextsOf("AL\\\nL\nb\n") == Texts{"ALL", "b"});
  CHECK(TextsOf("a\\ \nb\n") == Texts{"a\\ ", "b"});
  CHECK(TextsOf("a\\\r\nb\n") == Texts{"a\\\r", "b"});
  CHECK(TextsOf("a\\\\\nb\n") == Texts{"a\\b"});
  CHECK(TextsOf("# c\\\nb\n") == Texts{"# cb"});
  CHECK(TextsOf("\\\n\\\na\n") == Texts{"a"});
  CHECK(TextsOf("\n\n") == Texts{"", ""});
}

TEST_CASE("the end of the file without a newline is told, unless nothing is left there") {
  CHECK(LinesOf("a\n").back().end == LogicalLine::End::kNewline);
  CHECK(LinesOf("a\nb").back().end == LogicalLine::End::kEndOfFile);
  CHECK(LinesOf("a\nb\\\n").back().end == LogicalLine::End::kEndOfFile);
  CHECK(TextsOf("a\n\\\n") == Texts{"a"});
  CHECK(TextsOf("\\\n").empty());
  CHECK(TextsOf("").empty());
  CHECK(TextsOf("a\n\0junk"s) == Texts{"a"});
}

TEST_CASE("a line and its newline take 2047 bytes at most") {
  const std::string fits(2046, 'x'), over(2047, 'x');
  CHECK(LinesOf(fits + "\nb\n").size() == 2);
  REQUIRE(LinesOf(over + "\nb\n").size() == 1);
  CHECK(LinesOf(over + "\nb\n").front().end == LogicalLine::End::kTooLong);
}

TEST_CASE("a piece counts with its backslash and newline, what was joined without") {
  const std::string piece(2045, 'x');
  CHECK(TextsOf(piece + "\\\na\nb\n") == Texts{piece + "a", "b"});
  CHECK(TextsOf(piece + "\\\n\\\na\nb\n") == Texts{piece + "a", "b"});
  CHECK(LinesOf(piece + "\\\nab\nb\n").front().end == LogicalLine::End::kTooLong);
  CHECK(LinesOf(piece + "x\\\na\nb\n").front().end == LogicalLine::End::kTooLong);
}

TEST_CASE("a NUL hides the rest of its line with the newline") {
  const auto lines = LinesOf("ft\0x\npd: ALL\nb\n"s);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].text == "ftpd: ALL");
  CHECK(lines[0].nul);
  CHECK(lines[0].counted_line == 1);
  CHECK_FALSE(lines[1].nul);
  CHECK(lines[1].counted_line == 2);
  CHECK(lines[1].pieces.front().line == 3);
  CHECK(TextsOf("\0x\nb\n"s) == Texts{"b"});
  CHECK(TextsOf("a\\\0x\n\nb\n"s) == Texts{"a\\", "b"});  // the backslash ends no line
}

TEST_CASE("the rest of a long line behind a NUL is read on") {
  const std::string filler(2046, 'x');
  CHECK(TextsOf("#\0"s + filler + "\nb\n") == Texts{"#x", "b"});
}

TEST_CASE("lines are counted as tcp_wrappers counts and as people do") {
  const auto lines = LinesOf("a\nb\\\nc\\\nd\ne");
  REQUIRE(lines.size() == 3);
  CHECK(lines[1].pieces.front().line == 2);
  CHECK(lines[1].counted_line == 4);
  CHECK(lines[2].pieces.front().line == 5);
  CHECK(lines[2].counted_line == 4);
}

TEST_CASE("an offset in the joined text leads back to its physical line") {
  const auto line = LinesOf("ab\\\ncd\\\ne\n").front();
  CHECK(line.PieceAt(0).line == 1);
  CHECK(line.PieceAt(1).line == 1);
  CHECK(line.PieceAt(2).line == 2);
  CHECK(line.PieceAt(2).offset == 2);
  CHECK(line.PieceAt(4).line == 3);
  CHECK(line.PieceAt(2).physical == "cd\\");
  CHECK(line.PieceAt(99).line == 3);
}

TEST_CASE("bytes that nothing is seen of leave no pieces behind") {
  const auto nuls = LinesOf(std::string(2046, 'a') + std::string(100'000, '\0') + "\nb\n");
  REQUIRE_FALSE(nuls.empty());
  CHECK(nuls[0].pieces.size() <= 3);
  std::string joined;
  for (int i = 0; i < 1000; ++i) joined += "\\\n";
  const auto lines = LinesOf("a\\\n" + joined + "b\n");
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].text == "ab");
  REQUIRE(lines[0].pieces.size() == 2);
  CHECK(lines[0].pieces[1].line == 1002);
  CHECK(lines[0].PieceAt(0).line == 1);
}

}  // namespace
}  // namespace postern::policy::hosts

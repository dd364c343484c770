// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/learn/learned.h"

#include <catch2/catch.hpp>

namespace postern::sandbox {
namespace {

Learned Sample() {
  Learned learned;
  learned.calls[0] = {14, 0, 0, "/usr/bin/perl"};
  learned.calls[435] = {2, 2, 0, "(a b\n%)"};
  learned.calls[250] = {1, 0, 1, ""};
  learned.arguments[{41, {2, 1, 6, 0, 0, ~std::uint64_t{0}}}] = 3;
  learned.files["/srv/a b\nsandbox = none\n\xff%"] = {kReads | kWrites, 7, FoundAs::kFile, true};
  learned.files["/"] = {kLooks, 1, FoundAs::kDirectory, false};
  learned.connections[{2, 25}] = 4;
  learned.peaks = {12, 3, 4096, 1024, 77, 1500};
  learned.arguments_left_out = 1;
  learned.files_left_out = 2;
  learned.connections_left_out = 3;
  learned.files_unread = 4;
  learned.processes = 5;
  learned.cut_off = 6;
  return learned;
}

std::string With(const std::string& line) { return "postern-learned 1\n" + line + "\nend\n"; }

}  // namespace

TEST_CASE("What was learned comes back as it was, whatever is in it") {
  const std::string text = EncodeLearned(Sample());
  const auto back = DecodeLearned(text);
  REQUIRE(back);
  CHECK(EncodeLearned(*back) == text);
  CHECK(back->calls.at(435).first_by == "(a b\n%)");
  CHECK(back->calls.at(250).first_by.empty());
  CHECK(back->calls.at(250).killed == 1);
  CHECK(back->arguments.begin()->first.second[5] == ~std::uint64_t{0});
  const LearnedFile& file = back->files.at("/srv/a b\nsandbox = none\n\xff%");
  CHECK(file.use == (kReads | kWrites));
  CHECK(file.found == FoundAs::kFile);
  CHECK(file.set_id);
  CHECK(back->connections.at({2, 25}) == 4);
  CHECK(back->peaks == Sample().peaks);
  CHECK(back->cut_off == 6);
}

TEST_CASE("A name makes no line of its own, and no word") {
  const std::string text = EncodeLearned(Sample());
  CHECK(text.find("sandbox = none") == std::string::npos);
  for (const char c : text) CHECK((c == '\n' || (c >= ' ' && c < 0x7f)));
}

TEST_CASE("Several in a row are one") {
  Learned second;
  second.calls[0] = {1, 0, 0, "/usr/bin/python3"};
  second.peaks.descriptors = 99;
  const auto both = DecodeLearned(EncodeLearned(Sample()) + EncodeLearned(second));
  REQUIRE(both);
  CHECK(both->calls.at(0).count == 15);
  CHECK(both->calls.at(0).first_by == "/usr/bin/perl");
  CHECK(both->peaks.descriptors == 99);
  CHECK(both->peaks.tasks == 3);
}

TEST_CASE("What is cut off anywhere was not learned") {
  const std::string text = EncodeLearned(Sample());
  for (std::size_t size = 0; size < text.size(); ++size) {
    CHECK(DecodeLearned(text.substr(0, size)).error().number == EBADMSG);
  }
  CHECK_FALSE(DecodeLearned(text + "more\n"));
  CHECK_FALSE(DecodeLearned(text + text.substr(0, text.size() - 5)));
}

TEST_CASE("A line that is none is an error that names it") {
  for (const char* line : {"",
                           "call",
                           "call 1",
                           "call 1 2 3 4",
                           "call 1 2 3 4 x y",
                           "call  1 2 3 4 x",
                           "call 4096 1 0 0 x",
                           "call -1 1 0 0 x",
                           "call 1 18446744073709551616 0 0 x",
                           "call 1 0x1 0 0 x",
                           "call 1 1 0 0 %4",
                           "call 1 1 0 0 %zz",
                           "file 128 1 0 0 /x",
                           "file 1 1 3 0 /x",
                           "file 1 1 0 2 /x",
                           "file 1 1 0 0 x",
                           "arguments 1 0 0 0 0 0 1",
                           "connection 65536 1 1",
                           "peaks 1 2 3 4 5",
                           "counts 1",
                           "other 1",
                           "end "}) {
    INFO(line);
    const auto decoded = DecodeLearned(With(line));
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().number == EBADMSG);
  }
  CHECK(DecodeLearned(With("call x")).error().object == "line 2 of what was learned");
  CHECK(DecodeLearned(With("call 1 1 0 0 x")));
}

TEST_CASE("Counts do not come around, and limits hold for what is read") {
  const std::string most = "call 0 18446744073709551615 0 0 x";
  CHECK(DecodeLearned(With(most + "\n" + most))->calls.at(0).count == ~std::uint64_t{0});
  std::string files;
  for (std::size_t i = 0; i < Learned::kMostFiles + 10; ++i) {
    files += (files.empty() ? "file 1 2 0 0 /" : "\nfile 1 2 0 0 /") + std::to_string(i);
  }
  const auto learned = DecodeLearned(With(files));
  REQUIRE(learned);
  CHECK(learned->files.size() == Learned::kMostFiles);
  CHECK(learned->files_left_out == 20);
}

}  // namespace postern::sandbox

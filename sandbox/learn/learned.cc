// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/learn/learned.h"

#include <algorithm>
#include <charconv>
#include <concepts>
#include <limits>
#include <optional>
#include <vector>

namespace postern::sandbox {
namespace {

constexpr std::string_view kBegin = "postern-learned 1", kEnd = "end";
constexpr char kHex[] = "0123456789abcdef";

// A word without blanks: "%" and two digits for what is not a printable ASCII character.
std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && byte != '%') {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 0xf]};
    }
  }
  return out.empty() ? "%" : out;
}

std::optional<std::string> Unescaped(std::string_view word) {
  std::string out;
  if (word == "%") return out;
  for (std::size_t at = 0; at < word.size(); ++at) {
    if (word[at] != '%') {
      out += word[at];
      continue;
    }
    unsigned byte = 0;
    if (at + 3 > word.size()) return std::nullopt;
    const char* const end = word.data() + at + 3;
    if (std::from_chars(word.data() + at + 1, end, byte, 16).ptr != end) return std::nullopt;
    out += static_cast<char>(byte);
    at += 2;
  }
  return out;
}

class Line {
 public:
  explicit Line(std::string_view name) : text_(name) {}
  Line& Put(std::string_view word) {
    text_ += ' ';
    text_ += Escaped(word);
    return *this;
  }
  Line& Put(std::unsigned_integral auto number) {
    text_ += ' ' + std::to_string(number);
    return *this;
  }
  std::string Take() { return std::move(text_) + '\n'; }

 private:
  std::string text_;
};

class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}

  std::string_view Next() {
    const std::string_view word = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(std::min(rest_.size(), word.size() + 1));
    if (word.empty()) good_ = false;
    return word;
  }
  template <std::unsigned_integral T>
  T Number(T most = std::numeric_limits<T>::max()) {
    const std::string_view word = Next();
    T number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc{} || end != word.data() + word.size() || number > most) good_ = false;
    return good_ ? number : 0;
  }
  std::string Text() {
    auto text = Unescaped(Next());
    if (!text) good_ = false;
    return std::move(text).value_or("");
  }
  bool Whole() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

// Counts of many learners in a row, of whom one may lie.
void Add(std::uint64_t& sum, std::uint64_t more) {
  sum = more > ~std::uint64_t{0} - sum ? ~std::uint64_t{0} : sum + more;
}
void Raise(std::uint64_t& peak, std::uint64_t value) { peak = std::max(peak, value); }

bool ReadCall(Words& words, Learned& learned) {
  const auto number = words.Number<std::uint32_t>(4095);
  LearnedCall call;
  call.count = words.Number<std::uint64_t>();
  call.refused = words.Number<std::uint64_t>();
  call.killed = words.Number<std::uint64_t>();
  call.first_by = words.Text();
  if (!words.Whole()) return false;
  LearnedCall& known =
      learned.calls.try_emplace(number, LearnedCall{0, 0, 0, call.first_by}).first->second;
  Add(known.count, call.count);
  Add(known.refused, call.refused);
  Add(known.killed, call.killed);
  return true;
}

bool ReadArguments(Words& words, Learned& learned) {
  Learned::ArgumentKey key{words.Number<std::uint32_t>(4095), {}};
  for (std::uint64_t& argument : key.second) argument = words.Number<std::uint64_t>();
  const auto count = words.Number<std::uint64_t>();
  if (!words.Whole()) return false;
  const bool room = learned.arguments.size() < Learned::kMostArguments;
  if (!room && !learned.arguments.contains(key)) {
    Add(learned.arguments_left_out, count);
  } else {
    Add(learned.arguments[key], count);
  }
  return true;
}

bool ReadFile(Words& words, Learned& learned) {
  LearnedFile file;
  file.use = words.Number<FileUse>(kEveryUse);
  file.count = words.Number<std::uint64_t>();
  file.found = static_cast<FoundAs>(words.Number<std::uint8_t>(2));
  file.set_id = words.Number<std::uint8_t>(1) == 1;
  const std::string path = words.Text();
  if (!words.Whole() || !path.starts_with('/')) return false;
  const bool room = learned.files.size() < Learned::kMostFiles;
  if (!room && !learned.files.contains(path)) {
    Add(learned.files_left_out, file.count);
    return true;
  }
  LearnedFile& known =
      learned.files.try_emplace(path, LearnedFile{0, 0, file.found, false}).first->second;
  known.use |= file.use;
  Add(known.count, file.count);
  known.set_id |= file.set_id;
  return true;
}

bool ReadConnection(Words& words, Learned& learned) {
  ConnectedTo to;
  to.family = words.Number<std::uint16_t>();
  to.port = words.Number<std::uint16_t>();
  const auto count = words.Number<std::uint64_t>();
  if (!words.Whole()) return false;
  const bool room = learned.connections.size() < Learned::kMostConnections;
  if (!room && !learned.connections.contains(to)) {
    Add(learned.connections_left_out, count);
  } else {
    Add(learned.connections[to], count);
  }
  return true;
}

bool ReadPeaks(Words& words, Learned& learned) {
  Peaks& peaks = learned.peaks;
  for (std::uint64_t* const peak : {&peaks.descriptors, &peaks.tasks, &peaks.address_kib,
                                    &peaks.resident_kib, &peaks.file_bytes, &peaks.cpu_ms}) {
    Raise(*peak, words.Number<std::uint64_t>());
  }
  return words.Whole();
}

bool ReadCounts(Words& words, Learned& learned) {
  for (std::uint64_t* const count :
       {&learned.arguments_left_out, &learned.files_left_out, &learned.connections_left_out,
        &learned.files_unread, &learned.processes, &learned.cut_off}) {
    Add(*count, words.Number<std::uint64_t>());
  }
  return words.Whole();
}

struct Reader {
  std::string_view name;
  bool (*read)(Words& words, Learned& learned);
};
constexpr Reader kReaders[] = {{"call", &ReadCall},   {"arguments", &ReadArguments},
                               {"file", &ReadFile},   {"connection", &ReadConnection},
                               {"peaks", &ReadPeaks}, {"counts", &ReadCounts}};

bool ReadLine(std::string_view line, Learned& learned) {
  Words words(line);
  const auto reader = std::ranges::find(kReaders, words.Next(), &Reader::name);
  return reader != std::end(kReaders) && reader->read(words, learned);
}

std::string CallLine(std::uint32_t number, const LearnedCall& call) {
  Line line("call");
  line.Put(number).Put(call.count).Put(call.refused).Put(call.killed).Put(call.first_by);
  return line.Take();
}

std::string ArgumentsLine(const Learned::ArgumentKey& key, std::uint64_t count) {
  Line line("arguments");
  line.Put(key.first);
  for (const std::uint64_t argument : key.second) line.Put(argument);
  return line.Put(count).Take();
}

std::string FileLine(const std::string& path, const LearnedFile& file) {
  Line line("file");
  line.Put(file.use).Put(file.count).Put(static_cast<unsigned>(file.found));
  return line.Put(file.set_id ? 1U : 0U).Put(path).Take();
}

std::string PeaksLine(const Peaks& peaks) {
  Line line("peaks");
  line.Put(peaks.descriptors).Put(peaks.tasks).Put(peaks.address_kib).Put(peaks.resident_kib);
  return line.Put(peaks.file_bytes).Put(peaks.cpu_ms).Take();
}

std::string CountsLine(const Learned& learned) {
  Line line("counts");
  line.Put(learned.arguments_left_out).Put(learned.files_left_out);
  line.Put(learned.connections_left_out).Put(learned.files_unread);
  return line.Put(learned.processes).Put(learned.cut_off).Take();
}

}  // namespace

std::string EncodeLearned(const Learned& learned) {
  std::string text = std::string(kBegin) + '\n';
  for (const auto& [number, call] : learned.calls) text += CallLine(number, call);
  for (const auto& [key, count] : learned.arguments) text += ArgumentsLine(key, count);
  for (const auto& [path, file] : learned.files) text += FileLine(path, file);
  for (const auto& [to, count] : learned.connections) {
    text += Line("connection").Put(to.family).Put(to.port).Put(count).Take();
  }
  text += PeaksLine(learned.peaks) + CountsLine(learned);
  return text + std::string(kEnd) + '\n';
}

sys::Result<Learned> DecodeLearned(std::string_view text) {
  const auto bad = [](std::string what) {
    return std::unexpected(sys::Error{"read", EBADMSG, std::move(what)});
  };
  if (text.size() > kMostLearnedText) return bad("more than a learner tells");
  Learned learned;
  bool inside = false, any = false;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t size = text.find('\n');
    if (size == std::string_view::npos) return bad("cut off");
    const std::string_view line = text.substr(0, size);
    text.remove_prefix(size + 1);
    const bool good = inside ? line == kEnd || ReadLine(line, learned) : line == kBegin;
    if (!good) return bad("line " + std::to_string(number) + " of what was learned");
    inside = line != kEnd;
    any = true;
  }
  if (inside || !any) return bad("cut off");
  return learned;
}

}  // namespace postern::sandbox

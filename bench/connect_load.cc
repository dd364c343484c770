// SPDX-License-Identifier: BSD-2-Clause
//
// connect_load: connects to 127.0.0.1 again and again and says how fast it was answered, as one
// line of JSON on standard output. One thread; --concurrency connections are kept in flight.
//
//   connect_load --port P [--ports N] [--concurrency C] [--count N] [--milliseconds T] [--refusals]
//
// It ends after --count connections or --milliseconds, whichever comes first. With --ports it goes
// round the N ports from P on. A connection succeeds when a byte arrives and then the end; with
// --refusals, when the end (or a reset) arrives and no byte. Latency is from connect(2) to the
// first byte, or to the end of a refusal. Exit 0 when something was answered, 1 when nothing was,
// 2 for a wrong command line.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

// A server that is silent for so long has failed.
constexpr int kSilenceMilliseconds = 5000;
constexpr std::size_t kMaxConcurrency = 1024;

struct Options {
  std::uint16_t port = 0;
  std::uint16_t ports = 1;
  std::size_t concurrency = 1;
  std::size_t count = std::numeric_limits<std::size_t>::max();
  std::chrono::milliseconds duration{std::chrono::hours(1)};
  bool refusals = false;
};

template <typename Number>
Number ParseNumber(std::string_view word) {
  Number value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size() || value == 0) {
    throw std::invalid_argument("not a number above 0: " + std::string(word));
  }
  return value;
}

Options ParseOptions(const std::vector<std::string_view>& words) {
  Options options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--refusals") {
      options.refusals = true;
      continue;
    }
    if (i + 1 == words.size()) throw std::invalid_argument("no value: " + std::string(words[i]));
    const std::string_view name = words[i];
    const std::string_view value = words[++i];
    if (name == "--port") {
      options.port = ParseNumber<std::uint16_t>(value);
    } else if (name == "--ports") {
      options.ports = ParseNumber<std::uint16_t>(value);
    } else if (name == "--concurrency") {
      options.concurrency = ParseNumber<std::size_t>(value);
    } else if (name == "--count") {
      options.count = ParseNumber<std::size_t>(value);
    } else if (name == "--milliseconds") {
      options.duration = std::chrono::milliseconds(ParseNumber<std::uint32_t>(value));
    } else {
      throw std::invalid_argument("unknown option: " + std::string(name));
    }
  }
  if (options.port == 0) throw std::invalid_argument("--port is missing");
  if (options.port + options.ports - 1 > 65535) throw std::invalid_argument("--ports: too many");
  if (options.concurrency > kMaxConcurrency) throw std::invalid_argument("--concurrency: too many");
  return options;
}

void Check(bool done, const char* call) {
  if (!done) throw std::system_error(errno, std::generic_category(), call);
}

struct Connection {
  int socket = -1;
  Clock::time_point begun;
  bool answered = false;
};

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options), poller_(epoll_create1(EPOLL_CLOEXEC)), slots_(options.concurrency) {
    Check(poller_ >= 0, "epoll_create1");
  }
  ~Load() { close(poller_); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void Run();
  void Print();
  bool anything_answered() const { return !latencies_.empty(); }

 private:
  bool MayBegin() const {
    return begun_ < options_.count && Clock::now() - start_ < options_.duration;
  }
  void Begin(std::size_t slot);
  void Continue(std::size_t slot);
  void End(std::size_t slot, bool reached);
  void Record(const Connection& connection) {
    latencies_.push_back(
        std::chrono::duration<double, std::micro>(Clock::now() - connection.begun).count());
  }
  double Percentile(double share) const;

  const Options options_;
  const int poller_;
  std::vector<Connection> slots_;
  std::vector<double> latencies_;  // microseconds
  std::size_t begun_ = 0;
  std::size_t in_flight_ = 0;
  std::size_t failed_ = 0;
  Clock::time_point start_;
  Clock::duration elapsed_{};
};

// Begins connections until one is under way: a refused connect(2) is a failure and ends at once.
void Load::Begin(std::size_t slot) {
  Connection& connection = slots_[slot];
  while (MayBegin()) {
    connection = {};
    connection.socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    Check(connection.socket >= 0, "socket");
    // Closing sends a reset instead of leaving a socket in TIME_WAIT: neither side fills its tables
    // in the course of a measurement.
    const linger reset{.l_onoff = 1, .l_linger = 0};
    Check(setsockopt(connection.socket, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0,
          "SO_LINGER");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(options_.port + begun_ % options_.ports));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ++begun_;
    ++in_flight_;
    connection.begun = Clock::now();
    if (connect(connection.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ||
        errno == EINPROGRESS) {
      epoll_event event{.events = EPOLLIN, .data = {.u64 = slot}};
      Check(epoll_ctl(poller_, EPOLL_CTL_ADD, connection.socket, &event) == 0, "epoll_ctl");
      return;
    }
    End(slot, false);
  }
}

void Load::End(std::size_t slot, bool reached) {
  Connection& connection = slots_[slot];
  const bool expected = reached && connection.answered != options_.refusals;
  if (!expected) ++failed_;
  if (expected && options_.refusals) Record(connection);
  close(connection.socket);
  connection.socket = -1;
  --in_flight_;
}

void Load::Continue(std::size_t slot) {
  Connection& connection = slots_[slot];
  std::array<char, 256> bytes;
  const ssize_t size = read(connection.socket, bytes.data(), bytes.size());
  if (size < 0 && errno == EAGAIN) return;
  if (size > 0) {
    if (!connection.answered && !options_.refusals) Record(connection);
    connection.answered = true;
    return;
  }
  // ECONNREFUSED and whatever else the connection may end with means that nobody served it.
  End(slot, size == 0 || errno == ECONNRESET);
  Begin(slot);
}

void Load::Run() {
  start_ = Clock::now();
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) Begin(slot);
  std::array<epoll_event, 64> events;
  while (in_flight_ > 0) {
    const int ready = epoll_wait(poller_, events.data(), events.size(), kSilenceMilliseconds);
    if (ready < 0 && errno == EINTR) continue;
    Check(ready >= 0, "epoll_wait");
    if (ready == 0) {
      failed_ += in_flight_;
      break;
    }
    for (int i = 0; i < ready; ++i) Continue(events[static_cast<std::size_t>(i)].data.u64);
  }
  elapsed_ = Clock::now() - start_;
}

// The nearest rank, of sorted latencies.
double Load::Percentile(double share) const {
  if (latencies_.empty()) return 0;
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(latencies_.size()));
  return latencies_[std::min(rank, latencies_.size() - 1)];
}

void Load::Print() {
  std::sort(latencies_.begin(), latencies_.end());
  const double seconds = std::chrono::duration<double>(elapsed_).count();
  const std::size_t good = begun_ - failed_;
  std::printf(
      "{\"connections\":%zu,\"failed\":%zu,\"seconds\":%.6f,\"per_second\":%.1f,"
      "\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f}\n",
      good, failed_, seconds, static_cast<double>(good) / seconds, Percentile(0.50),
      Percentile(0.90), Percentile(0.99));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Load load(ParseOptions({argv + 1, argv + argc}));
    load.Run();
    load.Print();
    return load.anything_answered() ? 0 : 1;
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "connect_load: %s\n", problem.what());
    return 2;
  }
}

// SPDX-License-Identifier: BSD-2-Clause
//
// connect_load: connects to 127.0.0.1 again and again and says how fast it was answered, as one
// line of JSON on standard output. One thread; --concurrency connections are kept in flight.
//
//   connect_load --port P [--ports N] [--concurrency C] [--count N] [--milliseconds T] [--refusals]
//                [--stopped PID]
//
// It ends after --count connections or --milliseconds, whichever comes first. With --ports it goes
// round the N ports from P on. A connection succeeds when a byte arrives and then the end; with
// --refusals, when the end (or a reset) arrives and no byte. Latency is from connect(2) to the
// first byte (p50_us, …) and to the end (end_p50_us, …).
//
// With --stopped it works in bursts: the server PID is stopped, all --concurrency connections are
// made and wait in its listen queues, it is resumed, and the clock runs from there until the last
// of them has ended. Making a connection, the greater part of a client's work, then takes none of
// the time that is measured. Bursts are repeated until --milliseconds are measured.
//
// "busy" is the part of the measured time in which this program itself was on a processor: near 1,
// the load and not the server was the limit.
//
// Exit 0 when something was answered, 1 when nothing was, 2 for a wrong command line, or when a
// call failed.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

// A server that is silent for so long has failed.
constexpr int kSilenceMilliseconds = 5000;
constexpr std::size_t kMaxConcurrency = 8192;

struct Options {
  std::uint16_t port = 0;
  std::uint16_t ports = 1;
  std::size_t concurrency = 1;
  std::size_t count = std::numeric_limits<std::size_t>::max();
  std::chrono::milliseconds duration{std::chrono::hours(1)};
  bool refusals = false;
  pid_t stopped = 0;  // 0: no bursts
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
    } else if (name == "--stopped") {
      options.stopped = ParseNumber<pid_t>(value);
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

// proc(5), stat: the state follows the name, which may itself hold any character but ends with the
// last bracket.
bool IsStopped(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::size_t bracket = text.rfind(')');
  return bracket != std::string::npos && text.substr(bracket, 3) == ") T";
}

// Holds a process still, and lets it go on when it is destroyed, whatever happens in between.
class Stopped {
 public:
  explicit Stopped(pid_t pid) : pid_(pid) {
    Check(kill(pid_, SIGSTOP) == 0, "kill");
    constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 200'000};
    for (const auto until = Clock::now() + std::chrono::seconds(5); !IsStopped(pid_);) {
      if (Clock::now() > until) throw std::runtime_error("the server does not stop");
      nanosleep(&kPause, nullptr);
    }
  }
  ~Stopped() { kill(pid_, SIGCONT); }
  Stopped(const Stopped&) = delete;
  Stopped& operator=(const Stopped&) = delete;

 private:
  const pid_t pid_;
};

Clock::duration OnProcessor() {
  timespec used{};
  Check(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0, "clock_gettime");
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
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
  bool anything_answered() const { return !ends_.empty(); }

 private:
  bool MayBegin() const {
    return begun_ < options_.count && Clock::now() - start_ < options_.duration;
  }
  void RunSteadily();
  void RunBurst();
  void Begin(std::size_t slot);
  void Connect(std::size_t slot, bool wait);
  void AwaitEnds(bool and_begin_anew);
  void Continue(std::size_t slot, bool and_begin_anew);
  void End(std::size_t slot, bool reached);

  const Options options_;
  const int poller_;
  std::vector<Connection> slots_;
  std::vector<double> answers_, ends_;  // microseconds after connect(2)
  std::size_t begun_ = 0;
  std::size_t in_flight_ = 0;
  std::size_t failed_ = 0;
  Clock::time_point start_;
  Clock::duration elapsed_{}, on_processor_{};
};

double MicrosecondsSince(Clock::time_point begun) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begun).count();
}

// Begins connections until one is under way: a refused connect(2) is a failure and ends at once.
void Load::Begin(std::size_t slot) {
  while (slots_[slot].socket < 0 && MayBegin()) Connect(slot, /*wait=*/false);
}

void Load::Connect(std::size_t slot, bool wait) {
  Connection& connection = slots_[slot];
  connection = {};
  connection.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (wait ? 0 : SOCK_NONBLOCK), 0);
  Check(connection.socket >= 0, "socket");
  // Closing sends a reset instead of leaving a socket in TIME_WAIT: neither side fills its tables
  // in the course of a measurement.
  const linger reset{.l_onoff = 1, .l_linger = 0};
  // A connect(2) that waits does so for a place in the listen queue: there has to be one.
  constexpr timeval kPatience{.tv_sec = 0, .tv_usec = 500'000};
  Check(
      setsockopt(connection.socket, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0 &&
          setsockopt(connection.socket, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience) == 0,
      "setsockopt");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(options_.port + begun_ % options_.ports));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ++begun_;
  ++in_flight_;
  connection.begun = Clock::now();
  const bool connected =
      connect(connection.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  if (!connected && (wait || errno != EINPROGRESS)) {
    End(slot, false);
    return;
  }
  if (wait) Check(fcntl(connection.socket, F_SETFL, O_NONBLOCK) == 0, "fcntl");
  epoll_event event{.events = EPOLLIN, .data = {.u64 = slot}};
  Check(epoll_ctl(poller_, EPOLL_CTL_ADD, connection.socket, &event) == 0, "epoll_ctl");
}

void Load::End(std::size_t slot, bool reached) {
  Connection& connection = slots_[slot];
  if (reached && connection.answered != options_.refusals) {
    ends_.push_back(MicrosecondsSince(connection.begun));
  } else {
    ++failed_;
  }
  close(connection.socket);
  connection.socket = -1;
  --in_flight_;
}

void Load::Continue(std::size_t slot, bool and_begin_anew) {
  Connection& connection = slots_[slot];
  std::array<char, 256> bytes;
  const ssize_t size = read(connection.socket, bytes.data(), bytes.size());
  if (size < 0 && errno == EAGAIN) return;
  if (size > 0) {
    if (!connection.answered) answers_.push_back(MicrosecondsSince(connection.begun));
    connection.answered = true;
    return;
  }
  // ECONNREFUSED and whatever else the connection may end with means that nobody served it.
  End(slot, size == 0 || errno == ECONNRESET);
  if (and_begin_anew) Begin(slot);
}

void Load::AwaitEnds(bool and_begin_anew) {
  std::array<epoll_event, 64> events;
  while (in_flight_ > 0) {
    const int ready = epoll_wait(poller_, events.data(), events.size(), kSilenceMilliseconds);
    if (ready < 0 && errno == EINTR) continue;
    Check(ready >= 0, "epoll_wait");
    if (ready == 0) {
      failed_ += in_flight_;
      in_flight_ = 0;
    }
    for (int i = 0; i < ready; ++i) {
      Continue(events[static_cast<std::size_t>(i)].data.u64, and_begin_anew);
    }
  }
}

void Load::RunSteadily() {
  start_ = Clock::now();
  const Clock::duration used = OnProcessor();
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) Begin(slot);
  AwaitEnds(/*and_begin_anew=*/true);
  elapsed_ = Clock::now() - start_;
  on_processor_ = OnProcessor() - used;
}

void Load::RunBurst() {
  std::optional<Stopped> server(options_.stopped);
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) Connect(slot, /*wait=*/true);
  const Clock::time_point resumed = Clock::now();
  const Clock::duration used = OnProcessor();
  server.reset();
  AwaitEnds(/*and_begin_anew=*/false);
  elapsed_ += Clock::now() - resumed;
  on_processor_ += OnProcessor() - used;
}

void Load::Run() {
  if (options_.stopped == 0) return RunSteadily();
  do {
    RunBurst();
  } while (failed_ == 0 && elapsed_ < options_.duration);
}

// The nearest rank, of sorted times.
double Percentile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
  return sorted[std::min(rank, sorted.size() - 1)];
}

void Load::Print() {
  std::sort(answers_.begin(), answers_.end());
  std::sort(ends_.begin(), ends_.end());
  const std::vector<double>& first = options_.refusals ? ends_ : answers_;
  const auto seconds = std::chrono::duration<double>(elapsed_);
  const std::size_t good = begun_ - failed_;
  std::printf(
      "{\"connections\":%zu,\"failed\":%zu,\"seconds\":%.6f,\"per_second\":%.1f,\"busy\":%.3f,"
      "\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f,\"end_p50_us\":%.1f,\"end_p99_us\":%.1f}\n",
      good, failed_, seconds.count(), static_cast<double>(good) / seconds.count(),
      on_processor_ / seconds, Percentile(first, 0.50), Percentile(first, 0.90),
      Percentile(first, 0.99), Percentile(ends_, 0.50), Percentile(ends_, 0.99));
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

// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/dns/dns_transport.h"

#include <ares.h>
#include <sys/epoll.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace postern::sandbox::dns {
namespace {

constexpr int kInternet = 1;  // the class IN
constexpr int kBatch = 64;

// c-ares counts its users and is never let go: there is one process, and it needs it to the end.
bool LibraryReady() {
  static const bool ready = ::ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
  return ready;
}

Outcome OutcomeOf(int status) {
  switch (status) {
    case ARES_SUCCESS:
      return Outcome::kAnswered;
    case ARES_ENODATA:
    case ARES_ENOTFOUND:
      return Outcome::kNoSuch;
    default:
      return Outcome::kFailed;
  }
}

// With nothing left to be found out, c-ares reads no file: a name that begins with a service of
// its own ("b" alone: ask servers) and no domains to search.
struct Options {
  explicit Options(const Transport::Settings& settings) {
    values.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;
    if (settings.use_tcp) values.flags |= ARES_FLAG_USEVC;
    values.timeout = static_cast<int>(settings.timeout.count());
    values.tries = settings.attempts;
    values.ndots = 1;
    values.lookups = lookups;
  }
  int mask(bool rotate) const {
    return ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS |
           ARES_OPT_LOOKUPS | ARES_OPT_SERVERS | ARES_OPT_DOMAINS | ARES_OPT_SORTLIST |
           ARES_OPT_SOCK_STATE_CB | (rotate ? ARES_OPT_ROTATE : ARES_OPT_NOROTATE);
  }
  char lookups[2] = "b";
  ares_options values{};
};

std::string Joined(const std::vector<std::string>& servers) {
  std::string text;
  for (const std::string& server : servers) text += (text.empty() ? "" : ",") + server;
  return text;
}

sys::Status Check(int status, const char* call) {
  if (status == ARES_SUCCESS) return {};
  const int number = status == ARES_ENOMEM ? ENOMEM : status == ARES_ENOTIMP ? EBUSY : EINVAL;
  return std::unexpected(sys::Error{call, number, ::ares_strerror(status)});
}

struct Question {
  Transport::Done done;
  std::size_t& of_channel;
  std::size_t& of_all;
};

void OnAnswer(void* argument, int status, int /*timeouts*/, unsigned char* message, int length) {
  const std::unique_ptr<Question> question(static_cast<Question*>(argument));
  --question->of_channel;
  --question->of_all;
  const Outcome outcome = OutcomeOf(status);
  std::span<const unsigned char> bytes;
  if (outcome == Outcome::kAnswered && message != nullptr && length > 0) {
    bytes = {message, static_cast<std::size_t>(length)};
  }
  question->done(outcome, std::as_bytes(bytes));
}

// What the poller tells of a socket: the channel it is of, and its number.
std::uint64_t TokenOf(std::size_t channel, int socket) {
  return std::uint64_t{channel} << 32 | static_cast<std::uint32_t>(socket);
}

}  // namespace

struct Transport::Channel {
  const sys::UniqueFd& epoll;
  std::size_t number;
  std::size_t in_flight = 0;
  ares_channel handle = nullptr;

  Channel(const sys::UniqueFd& its_epoll, std::size_t its_number)
      : epoll(its_epoll), number(its_number) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel() {
    if (handle != nullptr) ::ares_destroy(handle);
  }

  // A socket that cannot be watched is answered by the timeout of what it was for.
  static void Watch(void* self, int socket, int readable, int writable) {
    const auto* const channel = static_cast<const Channel*>(self);
    epoll_event event{};
    event.events = (readable != 0 ? EPOLLIN : 0U) | (writable != 0 ? EPOLLOUT : 0U);
    event.data.u64 = TokenOf(channel->number, socket);
    const int epoll = channel->epoll.get();
    if (event.events == 0) {
      ::epoll_ctl(epoll, EPOLL_CTL_DEL, socket, nullptr);
    } else if (::epoll_ctl(epoll, EPOLL_CTL_MOD, socket, &event) != 0) {
      ::epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
    }
  }
};

Transport::Transport(sys::UniqueFd epoll) : epoll_(std::move(epoll)) {}

Transport::~Transport() { channels_.clear(); }

sys::Result<std::unique_ptr<Transport>> Transport::Make(const Settings& settings) {
  if (!LibraryReady()) return std::unexpected(sys::Error{"ares_library_init", ENOMEM, {}});
  sys::UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return sys::LastError("epoll_create1");
  std::unique_ptr<Transport> transport(new Transport(std::move(epoll)));
  Options options(settings);
  for (std::size_t i = 0; i < kChannels; ++i) {
    auto channel = std::make_unique<Channel>(transport->epoll_, i);
    options.values.sock_state_cb = &Channel::Watch;
    options.values.sock_state_cb_data = channel.get();
    TRY_STATUS(
        Check(::ares_init_options(&channel->handle, &options.values, options.mask(settings.rotate)),
              "ares_init_options"));
    transport->channels_.push_back(std::move(channel));
  }
  TRY_STATUS(transport->SetServers(settings.servers));
  return transport;
}

sys::Status Transport::SetServers(const std::vector<std::string>& servers) {
  if (in_flight_ != 0) return std::unexpected(sys::Error{"ares_set_servers", EBUSY, {}});
  const std::string text = Joined(servers);
  for (const auto& channel : channels_) {
    TRY_STATUS(
        Check(::ares_set_servers_ports_csv(channel->handle, text.c_str()), "ares_set_servers"));
  }
  return {};
}

void Transport::Ask(const std::string& name, std::uint16_t type, Done done) {
  Channel& channel = **std::ranges::min_element(
      channels_, {}, [](const std::unique_ptr<Channel>& one) { return one->in_flight; });
  auto question =
      std::make_unique<Question>(Question{std::move(done), channel.in_flight, in_flight_});
  ++channel.in_flight;
  ++in_flight_;
  ::ares_query(channel.handle, name.c_str(), kInternet, type, OnAnswer, question.release());
}

void Transport::OnReady() {
  epoll_event events[kBatch];
  const int count = ::epoll_wait(epoll_.get(), events, kBatch, 0);
  for (int i = 0; i < count; ++i) {
    const auto failed = (events[i].events & (EPOLLERR | EPOLLHUP)) != 0;
    const auto socket = static_cast<int>(events[i].data.u64 & 0xffffffff);
    const bool readable = failed || (events[i].events & EPOLLIN) != 0;
    const bool writable = (events[i].events & EPOLLOUT) != 0;
    ::ares_process_fd(channels_[events[i].data.u64 >> 32]->handle,
                      readable ? socket : ARES_SOCKET_BAD, writable ? socket : ARES_SOCKET_BAD);
  }
  // Deadlines.
  for (const auto& channel : channels_) {
    if (channel->in_flight == 0) continue;
    ::ares_process_fd(channel->handle, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  }
}

std::optional<std::chrono::milliseconds> Transport::Wait() const {
  std::optional<std::chrono::milliseconds> wait;
  for (const auto& channel : channels_) {
    timeval left{};
    if (::ares_timeout(channel->handle, nullptr, &left) == nullptr) continue;
    const std::chrono::milliseconds its(left.tv_sec * 1000 + (left.tv_usec + 999) / 1000);
    wait = wait ? std::min(*wait, its) : its;
  }
  return wait;
}

}  // namespace postern::sandbox::dns

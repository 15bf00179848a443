// What a supervisor does and when, as a pure state machine: no process, socket or clock in it.
//
// One command runs with everything it starts: the tree. A daemon sends stop orders over a link that
// comes and goes. The machine is told what happened and when, and answers with what to do. Three
// things go on beside each other:
//
//   link      connecting -> reading the fence -> connected -> lost, tried again after a pause
//   command   not started -> running -> left (it ended, what it started lives) -> gone
//   ending    none -> terminating (SIGTERM) -> killing (SIGKILL, again and again) -> gone
//
// The command starts only when the daemon has said that no order stands, or cannot be reached and
// the user accepts that. An ending is never taken back: what was re-armed meanwhile must be started
// anew by whoever wants it. A stopped tree is gone when the kernel says that no child is left, and
// nothing is acknowledged as confirmed before that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "sre/runtime/process_supervisor.hpp"

namespace fusebox::runtime::detail {

// A stop order as the daemon sends it. Texts are from outside.
struct StopOrder {
  enum class Category : std::uint8_t { Hard, Drain };

  std::string id{};
  std::string scope{};
  std::int64_t epoch = 0;
  Category category = Category::Hard;
  std::optional<Duration> deadline{};  // from its arrival until nothing may be left
  std::string reason{};
  std::string actor{};  // "" if the daemon does not say
};

// How an order ended here, in the words of the wire.
enum class StopOutcome : std::uint8_t {
  Confirmed,    // the kernel says that nothing is left
  Unconfirmed,  // SIGKILL was sent and something is still there: it hangs in the kernel
  Failed,       // something may not be signalled: it runs as another user
};
[[nodiscard]] std::string_view name_of(StopOutcome outcome);  // "confirmed"

// What happened.
namespace event {
struct Registered {
  std::string process;  // the daemon's name for this supervisor
};
struct OrderArrived {
  StopOrder order;
};
struct FenceRead {};  // all orders that stood at the registration have been handed over
struct Heard {};      // a heartbeat
struct LinkLost {
  std::string why;
  std::uint64_t draw;  // any number; spreads the next attempts of many supervisors
};
// The daemon answers, and will not have this process.
struct Refused {
  std::string why;
  std::uint64_t draw;
};
struct StartFailed {  // right after StartCommand, or never
  int code;           // 126 or 127, as shells say
  std::string why;
};
struct CommandEnded {
  int code;  // its exit status, or 128+N for signal N
};
struct TreeCounted {  // after KillTree
  std::size_t left;
  std::size_t forbidden;  // of them, those that may not be signalled
};
struct TreeEmpty {
  std::size_t seen;  // processes that were seen in the tree since its ending began
};
struct Acknowledged {
  std::string order;
  bool delivered;
};
struct SignalArrived {
  int signal;
};
struct TimePassed {};
}  // namespace event
using SupervisionEvent =
    std::variant<event::Registered, event::FenceRead, event::OrderArrived, event::Heard,
                 event::LinkLost, event::Refused, event::StartFailed, event::CommandEnded,
                 event::TreeCounted, event::TreeEmpty, event::Acknowledged, event::SignalArrived,
                 event::TimePassed>;

// What to do, in order.
namespace effect {
struct Connect {};
struct StartCommand {};
struct TerminateTree {};  // SIGTERM, to all of it
struct KillTree {};       // one round of SIGKILL; TreeCounted follows
struct Forward {
  int signal;
  bool to_all;  // the command has ended: to what it left, not to its process group
};
struct Acknowledge {
  std::string process;
  std::string order;
  StopOutcome outcome;
  std::string detail;
  Duration took;  // from the order's arrival
};
struct Say {
  std::string text;  // one line for the user; what came from outside is in it as it came
};
struct Finish {
  SupervisionEnd end;
};
}  // namespace effect
using SupervisionEffect =
    std::variant<effect::Connect, effect::StartCommand, effect::TerminateTree, effect::KillTree,
                 effect::Forward, effect::Acknowledge, effect::Say, effect::Finish>;

struct SupervisionRules {
  OnUnreachable on_unreachable = OnUnreachable::Stop;
  Duration grace{};  // between SIGTERM and SIGKILL, at most
  std::optional<Duration> lease{};
};

// How long a daemon that cannot be reached is waited for before the command starts or does not.
inline constexpr Duration kStartPatience = std::chrono::seconds{2};
// From the registration to the end of the standing orders, if the daemon does not mark it.
inline constexpr Duration kSettle = std::chrono::seconds{1};
// Of an order's deadline, kept for the kill itself and its confirmation; at most a quarter of it.
inline constexpr Duration kKillReserve = std::chrono::milliseconds{250};
// From one round of SIGKILL to the next, while something is left.
inline constexpr Duration kKillInterval = std::chrono::milliseconds{10};
// From the first SIGKILL until an order is reported as not confirmed; the rounds go on.
inline constexpr Duration kConfirmPatience = std::chrono::seconds{2};
// A tree that is gone waits so long for the daemon to take the acknowledgements.
inline constexpr Duration kAcknowledgePatience = std::chrono::seconds{3};
inline constexpr Duration kAcknowledgeInterval = std::chrono::milliseconds{500};
// A command that ends is usually followed by what it started; only what stays longer is news.
inline constexpr Duration kLeftPatience = std::chrono::seconds{1};
// An order beyond these shortens the deadline all the same and is not acknowledged by name. One
// process has no more scopes than a fence has kinds; only a broken daemon gets here.
inline constexpr std::size_t kOrdersMax = 256;

// The pause before attempt `attempt` (1, 2, …): doubles from 100 ms to 5 s, and is then spread by
// `draw` over its upper half, so that a thousand supervisors do not come back as one.
[[nodiscard]] Duration reconnect_pause(int attempt, std::uint64_t draw);

// Time never goes backwards. After Finish nothing has an effect.
class Supervision {
 public:
  using Effects = std::vector<SupervisionEffect>;

  Supervision(const SupervisionRules& rules, Instant now)
      : rules_(rules), began_(now), heard_at_(now) {}

  // Appends the first effects. Once, before any event.
  void begin(Effects& effects);
  // Appends what the event, and the time that has passed, ask for.
  void put(const SupervisionEvent& event, Instant now, Effects& effects);
  // When TimePassed must be put if nothing else happens; kNever after Finish.
  [[nodiscard]] Instant next_deadline() const;

 private:
  enum class Link : std::uint8_t { Connecting, ReadingFence, Connected, Waiting };
  enum class Command : std::uint8_t { NotStarted, Running, Left, Gone };

  struct Held {
    StopOrder order;
    Instant arrived;
    std::optional<StopOutcome> outcome{};  // as far as it is known
    std::string detail{};
    Duration took{};
    std::optional<StopOutcome> in_flight{};  // the acknowledgement that waits for its answer
    bool delivered = false;                  // the daemon has the outcome
  };
  struct Ending {
    Instant next_round;  // of SIGKILL
    std::optional<Instant> first_round{};
    bool reported = false;  // as not confirmed
  };

  void on(const event::Registered& event, Instant now, Effects& effects);
  void on(const event::OrderArrived& event, Instant now, Effects& effects);
  void on(const event::FenceRead& event, Instant now, Effects& effects);
  void on(const event::Heard& event, Instant now, Effects& effects);
  void on(const event::LinkLost& event, Instant now, Effects& effects);
  void on(const event::Refused& event, Instant now, Effects& effects);
  void on(const event::StartFailed& event, Instant now, Effects& effects);
  void on(const event::CommandEnded& event, Instant now, Effects& effects);
  void on(const event::TreeCounted& event, Instant now, Effects& effects);
  void on(const event::TreeEmpty& event, Instant now, Effects& effects);
  void on(const event::Acknowledged& event, Instant now, Effects& effects);
  void on(const event::SignalArrived& event, Instant now, Effects& effects);
  void on(const event::TimePassed& event, Instant now, Effects& effects);

  void advance(Instant now, Effects& effects);
  void advance_link(Instant now, Effects& effects);
  void advance_start(Instant now, Effects& effects);
  void advance_ending(Instant now, Effects& effects);
  void send_acknowledgements(Instant now, Effects& effects);
  void finish_if_done(Instant now, Effects& effects);

  void lose_link(const std::string& why, std::uint64_t draw, Instant now, Effects& effects);
  void start(Effects& effects);
  void end_by(Instant kill_at, Instant now, Effects& effects);
  void settle_orders(StopOutcome outcome, const std::string& detail, Instant now);
  void finish(SupervisionEnd end, Effects& effects);

  [[nodiscard]] bool linked() const;
  [[nodiscard]] bool alive() const;
  [[nodiscard]] Instant lease_end() const;
  [[nodiscard]] Duration grace_of(const StopOrder& order) const;
  [[nodiscard]] bool acknowledgements_pending() const;

  const SupervisionRules rules_;
  const Instant began_;

  Link link_ = Link::Connecting;
  std::string process_;  // as the daemon last called it
  int attempt_ = 0;
  Instant reconnect_at_ = kNever;
  Instant settled_at_ = kNever;
  Instant heard_at_;  // the last sign of the daemon; the beginning before the first
  std::string why_unreachable_;
  bool lost_said_ = false;

  Command command_ = Command::NotStarted;
  SupervisionEnd end_{};  // what Finish will say
  Instant left_said_at_ = kNever;

  std::vector<Held> held_;
  std::optional<Ending> ending_;
  Instant acknowledge_at_{};
  Instant finish_by_ = kNever;
  bool finished_ = false;
};

}  // namespace fusebox::runtime::detail

#include "sre/runtime/detail/supervision.hpp"

#include <algorithm>
#include <array>
#include <csignal>

namespace fusebox::runtime::detail {
namespace {

constexpr Duration kFirstPause = std::chrono::milliseconds{100};
constexpr Duration kLongestPause = std::chrono::seconds{5};

// "order kill-3 (agent:bot) by alice: it spends too much"
std::string describe(const StopOrder& order) {
  std::string text = "order " + order.id + " (" + order.scope + ")";
  if (!order.actor.empty()) text += " by " + order.actor;
  if (!order.reason.empty()) text += ": " + order.reason;
  return text;
}

std::string in_milliseconds(Duration duration) {
  return format_duration(std::chrono::ceil<std::chrono::milliseconds>(duration));
}

std::string processes(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " process" : " processes");
}

// The signals by which people and service managers end a program.
bool asks_to_end(int signal) {
  constexpr std::array kEnding{SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  return std::find(kEnding.begin(), kEnding.end(), signal) != kEnding.end();
}

}  // namespace

std::string_view name_of(StopOutcome outcome) {
  switch (outcome) {
    case StopOutcome::Confirmed:
      return "confirmed";
    case StopOutcome::Unconfirmed:
      return "unconfirmed";
    case StopOutcome::Failed:
      return "failed";
  }
  return "";
}

Duration reconnect_pause(int attempt, std::uint64_t draw) {
  constexpr int kDoublings = 6;  // 100 ms * 2^6 is above the longest
  const Duration doubled = kFirstPause * (1 << std::clamp(attempt - 1, 0, kDoublings));
  const Duration half = std::min(doubled, kLongestPause) / 2;
  return half +
         Duration{static_cast<std::int64_t>(draw % static_cast<std::uint64_t>(half.count() + 1))};
}

void Supervision::begin(Effects& effects) { effects.emplace_back(effect::Connect{}); }

void Supervision::put(const SupervisionEvent& event, Instant now, Effects& effects) {
  if (finished_) return;
  std::visit([&](const auto& each) { on(each, now, effects); }, event);
  if (!finished_) advance(now, effects);
}

Instant Supervision::next_deadline() const {
  if (finished_) return kNever;
  Instant next = std::min({reconnect_at_, settled_at_, lease_end(), left_said_at_});
  if (command_ == Command::NotStarted && !linked()) {
    next = std::min(next, began_ + kStartPatience);
  }
  if (ending_ && alive()) next = std::min(next, ending_->next_round);
  if (command_ == Command::Gone) next = std::min(next, finish_by_);
  if (linked() && acknowledgements_pending()) next = std::min(next, acknowledge_at_);
  return next;
}

bool Supervision::linked() const { return link_ == Link::ReadingFence || link_ == Link::Connected; }

bool Supervision::alive() const {
  return command_ == Command::Running || command_ == Command::Left;
}

// While the daemon can be heard no lease runs, however rarely it says something.
Instant Supervision::lease_end() const {
  if (!rules_.lease || linked() || !alive() || ending_) return kNever;
  return add_saturated(heard_at_, *rules_.lease);
}

// A drain gives the command all the time the order leaves it; a hard stop no more than the user
// granted here.
Duration Supervision::grace_of(const StopOrder& order) const {
  if (!order.deadline) return rules_.grace;
  const Duration usable = *order.deadline - std::min(kKillReserve, *order.deadline / 4);
  switch (order.category) {
    case StopOrder::Category::Hard:
      return std::min(rules_.grace, usable);
    case StopOrder::Category::Drain:
      return usable;
  }
  return rules_.grace;
}

bool Supervision::acknowledgements_pending() const {
  return std::any_of(held_.begin(), held_.end(), [](const Held& held) {
    return held.outcome && !held.delivered && !held.in_flight;
  });
}

void Supervision::on(const event::Registered& event, Instant now, Effects& effects) {
  process_ = event.process;
  link_ = Link::ReadingFence;
  settled_at_ = now + kSettle;
  heard_at_ = now;
  attempt_ = 0;
  acknowledge_at_ = now;
  if (lost_said_) effects.emplace_back(effect::Say{"the daemon is back"});
  lost_said_ = false;
}

void Supervision::on(const event::Heard&, Instant now, Effects&) { heard_at_ = now; }

void Supervision::on(const event::FenceRead&, Instant now, Effects&) {
  heard_at_ = now;
  if (link_ == Link::ReadingFence) settled_at_ = now;
}

void Supervision::on(const event::OrderArrived& event, Instant now, Effects& effects) {
  const StopOrder& order = event.order;
  heard_at_ = now;
  const auto known = std::find_if(held_.begin(), held_.end(),
                                  [&](const Held& held) { return held.order.id == order.id; });
  if (known != held_.end()) {  // a daemon that restarted asks again
    known->delivered = false;
    return;
  }
  if (held_.size() < kOrdersMax) held_.push_back({.order = order, .arrived = now});
  if (command_ == Command::Gone) return settle_orders(StopOutcome::Confirmed, "nothing left", now);
  if (!alive()) {
    effects.emplace_back(effect::Say{"not started: " + describe(order)});
    return;
  }
  const Duration grace = grace_of(order);
  effects.emplace_back(
      effect::Say{"stopping by " + describe(order) +
                  (grace > Duration::zero() ? "; SIGKILL in " + in_milliseconds(grace) : "")});
  end_by(add_saturated(now, grace), now, effects);
}

void Supervision::on(const event::LinkLost& event, Instant now, Effects& effects) {
  lose_link(event.why, event.draw, now, effects);
}

void Supervision::on(const event::Refused& event, Instant now, Effects& effects) {
  if (command_ != Command::NotStarted) return lose_link(event.why, event.draw, now, effects);
  effects.emplace_back(effect::Say{"not started: the daemon refuses it: " + event.why});
  finish({.kind = SupervisionEnd::Kind::Refused}, effects);
}

void Supervision::on(const event::StartFailed& event, Instant, Effects& effects) {
  effects.emplace_back(effect::Say{event.why});
  finish({.kind = SupervisionEnd::Kind::StartFailed, .code = event.code}, effects);
}

void Supervision::on(const event::CommandEnded& event, Instant now, Effects&) {
  command_ = Command::Left;
  end_ = {.kind = SupervisionEnd::Kind::CommandEnded, .code = event.code};
  left_said_at_ = now + kLeftPatience;
}

void Supervision::on(const event::TreeCounted& event, Instant now, Effects& effects) {
  if (event.left == 0 || !ending_ || !ending_->first_round || ending_->reported) return;
  if (now < *ending_->first_round + kConfirmPatience) return;
  ending_->reported = true;
  const std::string forbidden =
      event.forbidden > 0 ? ", " + std::to_string(event.forbidden) + " of another user" : "";
  const std::string detail = processes(event.left) + " left after SIGKILL" + forbidden;
  effects.emplace_back(effect::Say{detail + "; trying on"});
  settle_orders(event.forbidden > 0 ? StopOutcome::Failed : StopOutcome::Unconfirmed, detail, now);
}

void Supervision::on(const event::TreeEmpty& event, Instant now, Effects&) {
  if (!alive()) return;
  command_ = Command::Gone;
  left_said_at_ = kNever;
  finish_by_ = now + kAcknowledgePatience;
  if (!ending_) return;
  end_.kind =
      held_.empty() ? SupervisionEnd::Kind::LeaseExpired : SupervisionEnd::Kind::StoppedByOrder;
  settle_orders(StopOutcome::Confirmed, processes(event.seen) + " ended", now);
}

void Supervision::on(const event::Acknowledged& event, Instant now, Effects&) {
  const auto held = std::find_if(held_.begin(), held_.end(),
                                 [&](const Held& each) { return each.order.id == event.order; });
  if (held == held_.end() || !held->in_flight) return;
  // The outcome may have changed since it was sent.
  held->delivered = event.delivered && held->in_flight == held->outcome;
  held->in_flight.reset();
  if (!event.delivered) acknowledge_at_ = now + kAcknowledgeInterval;
}

void Supervision::on(const event::SignalArrived& event, Instant, Effects& effects) {
  if (alive()) {
    effects.emplace_back(
        effect::Forward{.signal = event.signal, .to_all = command_ == Command::Left});
  } else if (asks_to_end(event.signal)) {
    const bool started = command_ == Command::Gone;
    constexpr int kSignalled = 128;
    finish(started ? end_
                   : SupervisionEnd{.kind = SupervisionEnd::Kind::Interrupted,
                                    .code = kSignalled + event.signal},
           effects);
  }
}

void Supervision::on(const event::TimePassed&, Instant, Effects&) {}

void Supervision::advance(Instant now, Effects& effects) {
  advance_link(now, effects);
  if (command_ == Command::NotStarted) advance_start(now, effects);
  if (alive()) advance_ending(now, effects);
  send_acknowledgements(now, effects);
  if (command_ == Command::Gone) finish_if_done(now, effects);
}

void Supervision::advance_link(Instant now, Effects& effects) {
  if (now >= settled_at_) {
    settled_at_ = kNever;
    link_ = Link::Connected;
  }
  if (now >= reconnect_at_) {
    reconnect_at_ = kNever;
    link_ = Link::Connecting;
    effects.emplace_back(effect::Connect{});
  }
}

void Supervision::advance_start(Instant now, Effects& effects) {
  if (!held_.empty()) {
    command_ = Command::Gone;
    end_ = {.kind = SupervisionEnd::Kind::StoppedByOrder};
    finish_by_ = now + kAcknowledgePatience;
    return settle_orders(StopOutcome::Confirmed, "not started", now);
  }
  if (link_ == Link::Connected) return start(effects);
  if (linked() || now < began_ + kStartPatience) return;
  const std::string why = why_unreachable_.empty() ? "no answer in time" : why_unreachable_;
  switch (rules_.on_unreachable) {
    case OnUnreachable::Stop:
      effects.emplace_back(effect::Say{"not started: " + why});
      return finish({.kind = SupervisionEnd::Kind::Unreachable}, effects);
    case OnUnreachable::Run:
      effects.emplace_back(effect::Say{"started without a daemon: " + why});
      lost_said_ = true;
      return start(effects);
  }
}

void Supervision::advance_ending(Instant now, Effects& effects) {
  if (now >= lease_end()) {
    effects.emplace_back(effect::Say{"stopping: no word of the daemon for " +
                                     in_milliseconds(now - heard_at_) + ", the lease is over"});
    end_by(add_saturated(now, rules_.grace), now, effects);
  }
  if (ending_ && now >= ending_->next_round) {
    if (!ending_->first_round) ending_->first_round = now;
    ending_->next_round = now + kKillInterval;
    effects.emplace_back(effect::KillTree{});
  }
  if (now >= left_said_at_) {
    left_said_at_ = kNever;
    if (ending_) return;
    effects.emplace_back(effect::Say{"the command ended with " + std::to_string(end_.code) +
                                     "; what it started still runs, supervised"});
  }
}

void Supervision::send_acknowledgements(Instant now, Effects& effects) {
  if (!linked() || now < acknowledge_at_) return;
  for (Held& held : held_) {
    if (!held.outcome || held.delivered || held.in_flight) continue;
    held.in_flight = held.outcome;
    effects.emplace_back(effect::Acknowledge{.process = process_,
                                             .order = held.order.id,
                                             .outcome = *held.outcome,
                                             .detail = held.detail,
                                             .took = held.took});
  }
}

void Supervision::finish_if_done(Instant now, Effects& effects) {
  const bool done =
      std::all_of(held_.begin(), held_.end(), [](const Held& held) { return held.delivered; });
  if (!done && now < finish_by_) return;
  if (!done) effects.emplace_back(effect::Say{"the daemon does not know of it yet: no answer"});
  finish(end_, effects);
}

void Supervision::lose_link(const std::string& why, std::uint64_t draw, Instant now,
                            Effects& effects) {
  if (link_ == Link::Waiting) return;
  link_ = Link::Waiting;
  settled_at_ = kNever;
  why_unreachable_ = why;
  reconnect_at_ = now + reconnect_pause(++attempt_, draw);
  if (!alive() || lost_said_) return;
  lost_said_ = true;
  effects.emplace_back(effect::Say{
      "no daemon: " + why + "; the command goes on" +
      (rules_.lease ? " for at most " + format_duration(*rules_.lease) : "") + ", trying again"});
}

void Supervision::start(Effects& effects) {
  command_ = Command::Running;
  effects.emplace_back(effect::StartCommand{});
}

void Supervision::end_by(Instant kill_at, Instant now, Effects& effects) {
  if (!ending_) {
    ending_ = Ending{.next_round = kill_at};
    if (kill_at > now) effects.emplace_back(effect::TerminateTree{});
  } else if (!ending_->first_round) {
    ending_->next_round = std::min(ending_->next_round, kill_at);
  }
}

void Supervision::settle_orders(StopOutcome outcome, const std::string& detail, Instant now) {
  for (Held& held : held_) {
    if (held.outcome == StopOutcome::Confirmed) continue;
    held.outcome = outcome;
    held.detail = detail;
    held.took = now - held.arrived;
    held.delivered = false;
  }
}

void Supervision::finish(SupervisionEnd end, Effects& effects) {
  finished_ = true;
  effects.emplace_back(effect::Finish{end});
}

}  // namespace fusebox::runtime::detail

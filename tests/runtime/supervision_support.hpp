// What the tests of the supervision machine share: effects as texts, rules and orders.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/overload.hpp"
#include "sre/runtime/detail/supervision.hpp"

namespace fusebox::runtime::testing {

using std::chrono::milliseconds;
using std::chrono::seconds;
namespace detail = runtime::detail;
namespace effect = detail::effect;
namespace on = detail::event;
using detail::StopOrder;

inline constexpr Instant kStart{seconds{1'000}};

inline std::string_view name_of(SupervisionEnd::Kind kind) {
  switch (kind) {
    case SupervisionEnd::Kind::CommandEnded:
      return "ended";
    case SupervisionEnd::Kind::StoppedByOrder:
      return "stopped";
    case SupervisionEnd::Kind::LeaseExpired:
      return "lease";
    case SupervisionEnd::Kind::StartFailed:
      return "start failed";
    case SupervisionEnd::Kind::Unreachable:
      return "unreachable";
    case SupervisionEnd::Kind::Refused:
      return "refused";
    case SupervisionEnd::Kind::Interrupted:
      return "interrupted";
  }
  return "?";
}

// "ack proc-1 kill-1 confirmed 950ms: 3 processes ended"; of what is said, only that it is.
inline std::string text_of(const detail::SupervisionEffect& each_effect) {
  return std::visit(Overload{
                        [](const effect::Connect&) -> std::string { return "connect"; },
                        [](const effect::StartCommand&) -> std::string { return "start"; },
                        [](const effect::TerminateTree&) -> std::string { return "terminate"; },
                        [](const effect::KillTree&) -> std::string { return "kill"; },
                        [](const effect::Forward& each) {
                          return "forward " + std::to_string(each.signal) +
                                 (each.to_all ? " to all" : "");
                        },
                        [](const effect::Acknowledge& each) {
                          return "ack " + each.process + " " + each.order + " " +
                                 std::string(detail::name_of(each.outcome)) + " " +
                                 format_duration(each.took) + ": " + each.detail;
                        },
                        [](const effect::Say&) -> std::string { return "say"; },
                        [](const effect::Finish& each) {
                          return "finish " + std::string(name_of(each.end.kind)) + " " +
                                 std::to_string(each.end.code);
                        },
                    },
                    each_effect);
}

inline detail::SupervisionRules rules() { return {.grace = seconds{5}}; }

inline detail::SupervisionRules running_without_daemon() {
  return {.on_unreachable = OnUnreachable::Run, .grace = seconds{5}};
}

inline constexpr auto kDrain = StopOrder::Category::Drain;

inline on::OrderArrived order(std::string id, std::optional<Duration> deadline = {},
                              StopOrder::Category category = StopOrder::Category::Hard) {
  return {{.id = std::move(id),
           .scope = "agent:bot",
           .category = category,
           .deadline = deadline,
           .reason = "the test"}};
}

}  // namespace fusebox::runtime::testing

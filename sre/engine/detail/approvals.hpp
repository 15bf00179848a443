// Requests that wait for a person, and the answers. A grant belongs to the exact request it was
// asked for: changed arguments are another request.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/archive.hpp"
#include "base/time.hpp"
#include "killswitch/sha256.hpp"
#include "sre/engine/detail/recent_set.hpp"
#include "telemetry/event.hpp"

namespace fusebox::engine {

// What a grant is bound to: everything a rule can see of the request, in canonical order, except
// the trace it travels in and its idempotency key.
[[nodiscard]] killswitch::Digest request_digest(const telemetry::Check& check);

enum class ApprovalState : std::uint8_t { Pending, Granted, Refused };
constexpr ApprovalState last_of(ApprovalState) { return ApprovalState::Refused; }

[[nodiscard]] std::string_view name_of(ApprovalState state);  // "pending"

// What the person who answers is shown. Never the arguments: they hold secrets.
struct ApprovalSubject {
  std::string tenant;
  std::string agent;
  std::string session;
  std::string task;
  std::string target;
  std::string rule;  // that asks for the approval
  telemetry::Action action = telemetry::Action::Tool;

  template <class Archive>
  void visit(Archive& archive) {
    archive(tenant, agent, session, task, target, rule, action);
  }
};

struct Approval {
  std::string id;  // of the decision that asked
  killswitch::Digest request{};
  ApprovalState state = ApprovalState::Pending;
  Instant asked{};
  Instant expires{};
  std::uint64_t serial = 0;
  ApprovalSubject subject;
  std::string actor;  // who answered; "" while it is pending

  template <class Archive>
  void visit(Archive& archive) {
    archive(id, request, state, asked, expires, serial, subject, actor);
  }
};

class Approvals {
 public:
  // Bounds memory against callers that ask without end; above it nothing new waits.
  static constexpr std::size_t kMax = 10'000;

  [[nodiscard]] const std::map<std::string, Approval, std::less<>>& all() const { return by_id_; }
  // The one approval of this request, in whatever state; null if nobody asked.
  [[nodiscard]] Approval* find_request(const killswitch::Digest& request);
  [[nodiscard]] Approval* find(std::string_view id);
  // By Approval::serial, for timers; null if it was answered for good or forgotten.
  [[nodiscard]] Approval* find_serial(std::uint64_t serial);
  // Null if kMax requests wait already. Neither its id nor its request may be there yet; the serial
  // is given here.
  Approval* open(Approval approval);
  void erase(const Approval& approval);
  // Was there an approval of this id lately? A late answer must not meet another request.
  [[nodiscard]] bool had(std::string_view id) const { return ended_.contains(fingerprint({id})); }

  template <class Archive>
  void visit(Archive& archive) {
    archive(by_id_, ended_, next_serial_);
    if constexpr (Archive::kReading) {
      if (!rebuild()) archive.fail();
    }
  }

 private:
  [[nodiscard]] bool rebuild();

  std::map<std::string, Approval, std::less<>> by_id_;
  std::map<killswitch::Digest, std::string> by_request_;
  std::map<std::uint64_t, std::string> by_serial_;
  RecentSet ended_;
  std::uint64_t next_serial_ = 1;
};

}  // namespace fusebox::engine

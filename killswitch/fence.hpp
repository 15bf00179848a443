// The kill switch: a monotone register for each scope, the fence that every check asks, and
// re-arming by two people.
//
// A register starts armed at epoch 0. A trip adds 1, a re-arm adds 1; a trip of a tripped scope
// changes nothing and returns the standing order. Joining two registers takes the larger epoch,
// and a trip wins a tie, so a node that has seen a trip can never be talked out of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/archive.hpp"
#include "base/dimension.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "killswitch/scope.hpp"

namespace fusebox::killswitch {

enum class RegisterState : std::uint8_t { Armed, Tripped };
constexpr RegisterState last_of(RegisterState) { return RegisterState::Tripped; }
[[nodiscard]] std::string_view name_of(RegisterState state);  // "tripped"

struct Register {
  std::int64_t epoch = 0;
  RegisterState state = RegisterState::Armed;
  friend bool operator==(const Register&, const Register&) = default;

  template <class Archive>
  void visit(Archive& archive) {
    archive(epoch, state);
  }
};

// The larger epoch wins; at equal epochs a trip wins. Commutative, associative, idempotent.
[[nodiscard]] Register join(const Register& a, const Register& b);

// A stop order: the last trip of its scope.
struct Order {
  std::string id;  // kill-1, kill-2, …
  Scope scope;
  Register reg;
  std::string reason;
  std::string actor;  // a person, or policy:RULE, limit:NAME
  Instant at{};
  std::vector<std::string> rearm_actors;  // different people who approved re-arming

  template <class Archive>
  void visit(Archive& archive) {
    archive(id, scope, reg, reason, actor, at, rearm_actors);
  }
};

// What a check, seen by the fence, belongs to.
struct Target {
  const Dimensions* dimensions;
  std::string_view capability;  // attributes.capability; "" without
};

class Fence {
 public:
  // Trips the scope; the new order, or the standing one if it was tripped already.
  struct Tripped {
    const Order* order;
    bool fresh;
  };
  Tripped trip(const Scope& scope, std::string_view reason, std::string_view actor, Instant at);

  // One person's approval. The second, different person re-arms; nobody's work is resumed.
  // Errors: UnknownOrder, OrderNotTripped (already re-armed), SecondActorNeeded when the same
  // person approves twice.
  struct Rearmed {
    const Order* order;
    bool armed;  // false: one more approval needed
  };
  [[nodiscard]] Result<Rearmed> rearm(std::string_view order_id, std::string_view actor);

  // Takes over a register seen elsewhere or on disk: join.
  void merge(const Order& order);

  // The order that stops this target, the widest first; null if none. One comparison when nothing
  // is tripped anywhere, else one look-up per scope kind; no allocation.
  [[nodiscard]] const Order* find(const Target& target) const;
  // The highest epoch on the target's scopes; 0 if none was ever tripped. Costs as find.
  [[nodiscard]] std::int64_t epoch(const Target& target) const;

  [[nodiscard]] std::size_t tripped_count() const { return tripped_; }
  // By order number.
  [[nodiscard]] std::vector<const Order*> orders() const;
  [[nodiscard]] const Order* find_order(std::string_view id) const;

  void save(ArchiveWriter& archive) const;
  void restore(ArchiveReader& archive);
};

}  // namespace fusebox::killswitch

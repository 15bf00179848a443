// The kill switch: a monotone register for each scope, the fence that every check asks, and
// re-arming by two people.
//
// A register starts armed at epoch 0. A trip adds 1, a re-arm adds 1; a trip of a tripped scope
// returns the standing order, whose register does not move. Joining two registers takes the larger
// epoch, and a trip wins a tie, so a node that has seen a trip can never be talked out of it.
//
// Scopes are latches of their own: re-arming one says nothing about a wider or a narrower one. An
// agent stays stopped by `global` after `agent:` was re-armed, and the other way round.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/archive.hpp"
#include "base/dimension.hpp"
#include "base/json_writer.hpp"
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
  std::string id;  // kill-1, kill-2, …: numbered by fresh trips
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

// The members of an order, inside an object: id, scope, epoch, state, reason, actor, at.
void write_fields(JsonWriter& json, const Order& order);

// What a check, seen by the fence, belongs to.
struct Target {
  const Dimensions* dimensions;
  std::string_view capability;  // attributes.capability; "" without
};

// Not thread-safe. Pointers to orders are valid until the fence changes.
class Fence {
 public:
  // Trips the scope; the new order, or the standing one if it was tripped already. Every trip says
  // that the scope must be stopped now, so one of a tripped scope voids the approvals of re-arming
  // that were collected before it.
  struct Tripped {
    const Order* order;
    bool fresh;
    std::size_t voided_approvals = 0;
  };
  Tripped trip(const Scope& scope, std::string_view reason, std::string_view actor, Instant at);

  // One person's approval. The second, different person re-arms; nobody's work is resumed. Whoever
  // tripped it may be one of the two, and is never enough alone.
  // Errors: UnknownOrder, OrderNotTripped (already re-armed, or followed by a later order of its
  // scope), SecondActorNeeded when the same person approves twice or nobody is named.
  struct Rearmed {
    const Order* order;
    bool armed;  // false: one more approval needed
  };
  [[nodiscard]] Result<Rearmed> rearm(std::string_view order_id, std::string_view actor);

  // Takes over an order seen elsewhere or on disk if its register wins the join. Approvals are not
  // taken over: they count where they were given. An id that is not kill-N, or that another scope
  // has here, is replaced by the next free one, because re-arming must never hit another scope than
  // the one people looked at. True if it was taken over; an older register, and an order that no
  // fence can have written, are not.
  bool merge(const Order& order);

  // The order that stops this target, the widest first; null if none. One comparison when nothing
  // is tripped anywhere, else one look-up per kind of scope that has orders; no allocation.
  [[nodiscard]] const Order* find(const Target& target) const;
  // The highest epoch on the target's scopes; 0 if none was ever tripped. Costs as find, with the
  // one comparison while no order was ever given.
  [[nodiscard]] std::int64_t epoch(const Target& target) const;

  [[nodiscard]] std::size_t tripped_count() const { return tripped_; }
  // By order number.
  [[nodiscard]] std::vector<const Order*> orders() const;
  [[nodiscard]] const Order* find_order(std::string_view id) const;

  void save(ArchiveWriter& archive) const;
  // Bytes that save cannot have written fail the archive and change nothing: no damaged file arms
  // what is tripped.
  void restore(ArchiveReader& archive);

 private:
  // A scope as views, so that looking one up builds no strings.
  struct ScopeView {
    ScopeKind kind;
    std::string_view value;
    std::string_view tenant;
  };
  struct ScopeLess {
    using is_transparent = void;
    static ScopeView view(const Scope& scope) { return {scope.kind, scope.value, scope.tenant}; }
    static ScopeView view(const ScopeView& scope) { return scope; }
    static bool less(const ScopeView& a, const ScopeView& b);
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return less(view(a), view(b));
    }
  };
  using Orders = std::map<Scope, Order, ScopeLess>;

  // Calls visit(order) for the orders on the target's scopes, the widest first, until it is true.
  template <class Visit>
  void for_each_order(const Target& target, Visit visit) const;
  [[nodiscard]] Order* find_mutable(std::string_view id);
  void put(Order order);

  Orders orders_;
  std::int64_t last_number_ = 0;
  std::size_t tripped_ = 0;
  std::array<std::uint32_t, kScopeKindCount> orders_of_kind_{};  // armed ones too
};

}  // namespace fusebox::killswitch

#include "killswitch/fence.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <tuple>
#include <utility>

namespace fusebox::killswitch {
namespace {

constexpr std::size_t kRearmApprovals = 2;
constexpr std::string_view kIdPrefix = "kill-";

// Of epochs and order numbers that come from outside: counting on from there cannot overflow.
constexpr std::int64_t kCountMax = std::int64_t{1} << 53;

std::string id_of(std::int64_t number) { return std::string(kIdPrefix) + std::to_string(number); }

// N of kill-N, if it is written as id_of writes it.
std::optional<std::int64_t> number_of(std::string_view id) {
  if (!id.starts_with(kIdPrefix)) return std::nullopt;
  const std::string_view digits = id.substr(kIdPrefix.size());
  std::int64_t number = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (parsed.ec != std::errc{}) return std::nullopt;
  if (number < 1 || number > kCountMax || id != id_of(number)) return std::nullopt;
  return number;
}

std::string quoted(std::string_view text) { return "'" + std::string(text.substr(0, 64)) + "'"; }

bool is_tripped(const Order& order) { return order.reg.state == RegisterState::Tripped; }

// Could a fence have written this?
bool plausible(const Order& order) {
  const auto scope = parse_scope(format(order.scope));
  const std::size_t approvals = order.rearm_actors.size();
  return scope && *scope == order.scope && order.reg.epoch >= 1 && order.reg.epoch <= kCountMax &&
         approvals <= (is_tripped(order) ? kRearmApprovals - 1 : kRearmApprovals);
}

bool plausible(const std::vector<Order>& orders, std::int64_t last_number) {
  std::set<Scope> scopes;
  std::set<std::int64_t> numbers;
  for (const Order& order : orders) {
    const auto number = number_of(order.id);
    if (!number || *number > last_number || !plausible(order)) return false;
    if (!numbers.insert(*number).second || !scopes.insert(order.scope).second) return false;
  }
  return last_number >= 0 && last_number <= kCountMax;
}

}  // namespace

void write_fields(JsonWriter& json, const Order& order) {
  json.field("id", order.id);
  json.field("scope", format(order.scope));
  json.field("epoch", order.reg.epoch);
  json.field("state", name_of(order.reg.state));
  json.field("reason", order.reason);
  json.field("actor", order.actor);
  json.field("at", order.at);
}

std::string_view name_of(RegisterState state) {
  switch (state) {
    case RegisterState::Armed:
      return "armed";
    case RegisterState::Tripped:
      return "tripped";
  }
  return "";
}

Register join(const Register& a, const Register& b) {
  if (a.epoch != b.epoch) return a.epoch > b.epoch ? a : b;
  return a.state == RegisterState::Tripped ? a : b;
}

bool Fence::ScopeLess::less(const ScopeView& a, const ScopeView& b) {
  return std::tie(a.kind, a.value, a.tenant) < std::tie(b.kind, b.value, b.tenant);
}

Fence::Tripped Fence::trip(const Scope& scope, std::string_view reason, std::string_view actor,
                           Instant at) {
  const auto found = orders_.find(scope);
  if (found != orders_.end() && is_tripped(found->second)) {
    Order& standing = found->second;
    const std::size_t voided = standing.rearm_actors.size();
    standing.rearm_actors.clear();
    return {.order = &standing, .fresh = false, .voided_approvals = voided};
  }
  const std::int64_t epoch = found == orders_.end() ? 0 : found->second.reg.epoch;
  put({.id = id_of(++last_number_),
       .scope = scope,
       .reg = {epoch + 1, RegisterState::Tripped},
       .reason = std::string(reason),
       .actor = std::string(actor),
       .at = at,
       .rearm_actors = {}});
  return {.order = &orders_.find(scope)->second, .fresh = true, .voided_approvals = 0};
}

Result<Fence::Rearmed> Fence::rearm(std::string_view order_id, std::string_view actor) {
  Order* order = find_mutable(order_id);
  if (order == nullptr) {
    const auto number = number_of(order_id);
    if (number && *number <= last_number_) {
      return Unexpected{ErrorCode::OrderNotTripped,
                        quoted(order_id) + " was followed by a later order of its scope"};
    }
    return Unexpected{ErrorCode::UnknownOrder, "there is no stop order " + quoted(order_id)};
  }
  if (!is_tripped(*order)) {
    return Unexpected{ErrorCode::OrderNotTripped, quoted(order_id) + " is re-armed already"};
  }
  auto& actors = order->rearm_actors;
  if (actor.empty() || std::find(actors.begin(), actors.end(), actor) != actors.end()) {
    return Unexpected{
        ErrorCode::SecondActorNeeded,
        quoted(order_id) + " needs the approval of another person than " + quoted(actor)};
  }
  actors.emplace_back(actor);
  const bool armed = actors.size() >= kRearmApprovals;
  if (armed) {
    order->reg = {order->reg.epoch + 1, RegisterState::Armed};
    --tripped_;
  }
  return Rearmed{.order = order, .armed = armed};
}

bool Fence::merge(const Order& order) {
  if (!plausible(order)) return false;
  const auto standing = orders_.find(order.scope);
  const Register ours = standing == orders_.end() ? Register{} : standing->second.reg;
  if (join(ours, order.reg) == ours) return false;
  Order taken = order;
  taken.rearm_actors.clear();
  const auto number = number_of(order.id);
  const Order* same_id = find_order(order.id);
  if (!number || (same_id != nullptr && same_id->scope != order.scope)) {
    taken.id = id_of(++last_number_);
  } else {
    last_number_ = std::max(last_number_, *number);
  }
  put(std::move(taken));
  return true;
}

const Order* Fence::find(const Target& target) const {
  if (tripped_ == 0) return nullptr;
  const Order* stopping = nullptr;
  for_each_order(target, [&stopping](const Order& order) {
    if (is_tripped(order)) stopping = &order;
    return stopping != nullptr;
  });
  return stopping;
}

std::int64_t Fence::epoch(const Target& target) const {
  if (orders_.empty()) return 0;
  std::int64_t highest = 0;
  for_each_order(target, [&highest](const Order& order) {
    highest = std::max(highest, order.reg.epoch);
    return false;
  });
  return highest;
}

template <class Visit>
void Fence::for_each_order(const Target& target, Visit visit) const {
  const Dimensions& of = *target.dimensions;
  const std::string_view tenant = of[Dimension::Tenant];
  // In the order of ScopeKind. Drill is absent: it matches no request.
  const std::array<ScopeView, 12> scopes{{
      {ScopeKind::Global, "", ""},
      {ScopeKind::Tenant, tenant, ""},
      {ScopeKind::Agent, of[Dimension::Agent], ""},
      {ScopeKind::TenantAgent, of[Dimension::Agent], tenant},
      {ScopeKind::RootTask, of[Dimension::RootTask], ""},
      {ScopeKind::Session, of[Dimension::Session], ""},
      {ScopeKind::Task, of[Dimension::Task], ""},
      {ScopeKind::Provider, of[Dimension::Provider], ""},
      {ScopeKind::Model, of[Dimension::Model], ""},
      {ScopeKind::Tool, of[Dimension::Tool], ""},
      {ScopeKind::Capability, of[Dimension::Kind], ""},
      {ScopeKind::Capability, target.capability, ""},
  }};
  for (const ScopeView& scope : scopes) {
    if (orders_of_kind_[static_cast<std::size_t>(scope.kind)] == 0) continue;
    if (scope.value.empty() && scope.kind != ScopeKind::Global) continue;
    const auto found = orders_.find(scope);
    if (found != orders_.end() && visit(found->second)) return;
  }
}

std::vector<const Order*> Fence::orders() const {
  std::vector<std::pair<std::int64_t, const Order*>> numbered;
  for (const auto& [scope, order] : orders_) numbered.emplace_back(*number_of(order.id), &order);
  std::sort(numbered.begin(), numbered.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<const Order*> out;
  for (const auto& [number, order] : numbered) out.push_back(order);
  return out;
}

const Order* Fence::find_order(std::string_view id) const {
  for (const auto& [scope, order] : orders_) {
    if (order.id == id) return &order;
  }
  return nullptr;
}

Order* Fence::find_mutable(std::string_view id) {
  for (auto& [scope, order] : orders_) {
    if (order.id == id) return &order;
  }
  return nullptr;
}

void Fence::put(Order order) {
  const auto [place, added] = orders_.try_emplace(order.scope);
  if (added) ++orders_of_kind_[static_cast<std::size_t>(order.scope.kind)];
  if (is_tripped(place->second)) --tripped_;
  if (is_tripped(order)) ++tripped_;
  place->second = std::move(order);
}

void Fence::save(ArchiveWriter& archive) const {
  std::vector<Order> orders;
  for (const auto& [scope, order] : orders_) orders.push_back(order);
  archive(last_number_, orders);
}

void Fence::restore(ArchiveReader& archive) {
  std::int64_t last_number = 0;
  std::vector<Order> orders;
  archive(last_number, orders);
  if (archive.failed() || !plausible(orders, last_number)) {
    archive.fail();
    return;
  }
  *this = Fence{};
  last_number_ = last_number;
  for (Order& order : orders) put(std::move(order));
}

}  // namespace fusebox::killswitch

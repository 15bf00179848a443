#include "sre/engine/detail/permits.hpp"

#include "base/assert.hpp"
#include "base/text.hpp"
#include "policy/dynamic_archive.hpp"
#include "sre/engine/detail/approvals.hpp"

namespace fusebox::engine {

void OwnedDimensions::assign(const Dimensions& from) {
  bytes_.clear();
  for (std::size_t i = 0; i < kDimensionCount; ++i) {
    const std::string_view value = from[static_cast<Dimension>(i)];
    bytes_ += value;
    lengths_[i] = static_cast<std::uint32_t>(value.size());
  }
}

Dimensions OwnedDimensions::view() const {
  Dimensions out;
  std::size_t offset = 0;
  for (std::size_t i = 0; i < kDimensionCount; ++i) {
    out[static_cast<Dimension>(i)] = std::string_view(bytes_).substr(offset, lengths_[i]);
    offset += lengths_[i];
  }
  return out;
}

void OwnedDocument::assign(const policy::DynamicDocument* from) {
  document_.clear();
  bytes_.clear();
  if (from == nullptr) return;
  std::size_t size = 0;
  for (const policy::DynamicNode& node : from->nodes) size += node.key.size() + node.text.size();
  bytes_.reserve(size);  // before any view is taken
  const auto keep = [this](std::string_view text) {
    const std::size_t start = bytes_.size();
    bytes_ += text;
    return std::string_view(bytes_).substr(start);
  };
  for (policy::DynamicNode node : from->nodes) {
    node.key = keep(node.key);
    node.text = keep(node.text);
    document_.nodes.push_back(node);
  }
}

void OwnedDocument::visit(ArchiveWriter& archive) { policy::save_document(archive, &document_); }

void OwnedDocument::visit(ArchiveReader& archive) {
  policy::DynamicDocument views;
  policy::load_document(archive, views);
  assign(&views);
}

void Permit::keep_answer(const telemetry::DecisionRecord& decision) {
  answer = {};
  answer.id = decision.id;
  answer.permit = decision.permit;
  answer.effect = decision.effect;
  answer.gate = decision.gate;
  answer.reason = decision.reason;
  answer.rule = decision.rule;
  answer.message = decision.message;
}

Permit* PermitTable::find(std::string_view id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &permits_[found->second];
}

const Permit* PermitTable::find_repeated(std::string_view idempotency_key,
                                         const killswitch::Digest& request) const {
  const auto found = by_repeat_.find(fingerprint_of(idempotency_key, request));
  return found == by_repeat_.end() ? nullptr : &permits_[found->second];
}

bool PermitTable::was_closed(std::string_view id) const {
  return closed_.contains(fingerprint({id}));
}

Permit& PermitTable::open(std::string_view id) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(permits_.size()));
    permits_.emplace_back().index = free_.back();
  }
  Permit& permit = permits_[free_.back()];
  free_.pop_back();
  permit.id = id;
  permit.idempotency_key.clear();
  permit.request.reset();
  permit.answer = {};
  permit.serial = next_serial_++;
  permit.state = PermitState::Open;
  permit.holds.clear();
  permit.tickets.clear();
  const bool inserted = by_id_.emplace(permit.id, permit.index).second;
  FUSEBOX_ASSERT(inserted);
  ++open_;
  return permit;
}

void PermitTable::remember_repeats(const Permit& permit) {
  if (permit.request)
    by_repeat_[fingerprint_of(permit.idempotency_key, *permit.request)] = permit.index;
}

void PermitTable::close(Permit& permit) {
  closed_.insert(fingerprint({permit.id}));
  forget(permit);
}

void PermitTable::make_late(Permit& permit) {
  FUSEBOX_ASSERT(permit.state == PermitState::Open);
  if (late_.size() >= kLateMax) {
    const auto [index, serial] = late_.front();
    late_.pop_front();
    Permit& oldest = permits_[index];
    if (oldest.serial == serial && oldest.state == PermitState::Late) forget(oldest);
  }
  forget_repeats(permit);
  permit.state = PermitState::Late;
  permit.holds.clear();
  permit.tickets.clear();
  --open_;
  late_.emplace_back(permit.index, permit.serial);
}

namespace {

bool renumber_one(std::uint32_t& number, const std::vector<std::uint32_t>& places) {
  if (number == kNowhere) return true;
  if (number >= places.size()) return false;
  number = places[number];
  return true;
}

}  // namespace

bool PermitTable::renumber(const std::vector<std::uint32_t>& limits,
                           const std::vector<std::uint32_t>& breakers) {
  for (Permit& permit : permits_) {
    for (HeldLimit& held : permit.holds) {
      if (!renumber_one(held.limit, limits)) return false;
    }
    for (HeldBreaker& held : permit.tickets) {
      if (!renumber_one(held.breaker, breakers)) return false;
    }
  }
  return true;
}

void PermitTable::forget(Permit& permit) {
  if (permit.state == PermitState::Open) --open_;
  if (permit.state == PermitState::Open) forget_repeats(permit);
  by_id_.erase(permit.id);
  permit.state = PermitState::Free;
  permit.serial = 0;
  free_.push_back(permit.index);
}

void PermitTable::forget_repeats(const Permit& permit) {
  if (permit.request) by_repeat_.erase(fingerprint_of(permit.idempotency_key, *permit.request));
}

void PermitTable::rebuild(ArchiveReader& archive) {
  by_id_.clear();
  by_repeat_.clear();
  std::size_t open = 0;
  std::vector<bool> free(permits_.size());
  for (const std::uint32_t index : free_) {
    if (index >= permits_.size() || free[index]) return archive.fail();
    free[index] = true;
  }
  for (std::uint32_t i = 0; i < permits_.size(); ++i) {
    Permit& permit = permits_[i];
    const bool holds = !permit.holds.empty() || !permit.tickets.empty();
    const bool is_open = permit.state == PermitState::Open;
    if (permit.index != i || free[i] != (permit.state == PermitState::Free)) return archive.fail();
    if (permit.state == PermitState::Free) continue;
    if (permit.serial >= next_serial_ || permit.lease_ends < Instant{}) return archive.fail();
    if (permit.id.empty() || (holds && !is_open)) return archive.fail();
    if (!by_id_.emplace(permit.id, i).second) return archive.fail();
    if (is_open) remember_repeats(permit);
    open += is_open ? 1 : 0;
  }
  for (const auto& [index, serial] : late_) {
    if (index >= permits_.size()) return archive.fail();
  }
  if (open != open_ || late_.size() > kLateMax) archive.fail();
}

// The request holds who asks, so a key means nothing to another agent or tenant.
std::string PermitTable::fingerprint_of(std::string_view idempotency_key,
                                        const killswitch::Digest& request) {
  std::string out(request.begin(), request.end());
  out += idempotency_key;
  return out;
}

std::size_t PermitTable::Hash::operator()(std::string_view text) const { return stable_hash(text); }

}  // namespace fusebox::engine

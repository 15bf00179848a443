// Permits: what an admitted action holds while it runs, and who it is, so that its report can
// become the telemetry event of the action.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/archive.hpp"
#include "base/dimension.hpp"
#include "breakers/breaker_set.hpp"
#include "breakers/limit.hpp"
#include "killswitch/sha256.hpp"
#include "policy/dynamic.hpp"
#include "sre/engine/detail/recent_set.hpp"
#include "telemetry/event.hpp"
#include "telemetry/record.hpp"

namespace fusebox::engine {

// Dimension values with their bytes. Assigning reuses the memory.
class OwnedDimensions {
 public:
  void assign(const Dimensions& from);
  [[nodiscard]] Dimensions view() const;

  template <class Archive>
  void visit(Archive& archive) {
    archive(bytes_, lengths_);
    if constexpr (Archive::kReading) check(archive);
  }

 private:
  template <class Archive>
  void check(Archive& archive) {
    std::size_t total = 0;
    for (const std::uint32_t length : lengths_) total += length;
    if (total == bytes_.size()) return;
    archive.fail();
    *this = {};
  }

  std::string bytes_;
  std::array<std::uint32_t, kDimensionCount> lengths_{};
};

// A dynamic document with its bytes.
class OwnedDocument {
 public:
  void assign(const policy::DynamicDocument* from);  // null clears
  [[nodiscard]] const policy::DynamicDocument* view() const { return &document_; }

  void visit(ArchiveWriter& archive);
  void visit(ArchiveReader& archive);

 private:
  policy::DynamicDocument document_;
  std::string bytes_;
};

enum class PermitState : std::uint8_t { Free, Open, Late };
constexpr PermitState last_of(PermitState) { return PermitState::Late; }

// Where a hold or ticket stands whose limit or breaker is not configured any more, or was
// configured anew: settling it changes nothing.
inline constexpr std::uint32_t kNowhere = std::numeric_limits<std::uint32_t>::max();

struct HeldLimit {
  std::uint32_t limit = 0;  // in the order of the configuration, or kNowhere
  breakers::Hold hold;
  template <class Archive>
  void visit(Archive& archive) {
    archive(limit, hold);
  }
};

struct HeldBreaker {
  std::uint32_t breaker = 0;  // likewise
  breakers::BreakerSet::Taken taken;
  template <class Archive>
  void visit(Archive& archive) {
    archive(breaker, taken);
  }
};

struct Permit {
  std::string id;
  std::string idempotency_key;
  std::optional<killswitch::Digest>
      request;               // what the idempotency key stands for, if there is one
  std::uint32_t index = 0;   // in the table
  std::uint64_t serial = 0;  // of this use of the index
  PermitState state = PermitState::Free;
  telemetry::Action action = telemetry::Action::Tool;
  OwnedDimensions dimensions;
  OwnedDocument attributes;
  std::optional<std::int64_t> trust;
  std::optional<std::int64_t> depth;
  Instant lease_ends{};
  // What repeats of the request are told, if it has an idempotency key: id, permit, effect, gate,
  // reason, rule and message of the first answer.
  telemetry::DecisionRecord answer;
  std::vector<HeldLimit> holds;
  std::vector<HeldBreaker> tickets;

  void keep_answer(const telemetry::DecisionRecord& decision);

  template <class Archive>
  void visit(Archive& archive) {
    archive(id, idempotency_key, request, index, serial, state, action, dimensions, attributes,
            trust, depth, lease_ends, answer.id, answer.permit, answer.effect, answer.gate,
            answer.reason, answer.rule, answer.message, holds, tickets);
  }
};

// Open permits, the late ones (lease over, report still welcome) and the ids of closed ones.
// Finding and opening allocate nothing once warm.
class PermitTable {
 public:
  // Open or late; null if the id is neither.
  [[nodiscard]] Permit* find(std::string_view id);
  // The open permit that this request got under this idempotency key, which is not empty.
  [[nodiscard]] const Permit* find_repeated(std::string_view idempotency_key,
                                            const killswitch::Digest& request) const;
  // Was a permit of this id closed lately?
  [[nodiscard]] bool was_closed(std::string_view id) const;

  // The id must not be in the table. Fields other than id, index and serial are the caller's.
  Permit& open(std::string_view id);
  // Makes the permit findable for repeats of its request, once its fields are set.
  void remember_repeats(const Permit& permit);
  void close(Permit& permit);
  // Its lease ended: it holds nothing any more.
  void make_late(Permit& permit);

  [[nodiscard]] Permit& at(std::uint32_t index) { return permits_[index]; }
  [[nodiscard]] const Permit& at(std::uint32_t index) const { return permits_[index]; }
  [[nodiscard]] bool is_open(std::uint32_t index, std::uint64_t serial) const {
    const Permit& permit = permits_[index];
    return permit.serial == serial && permit.state == PermitState::Open;
  }
  // Renumbers what all permits hold: places[i] is where number i has gone. False if a permit holds
  // what never was.
  [[nodiscard]] bool renumber(const std::vector<std::uint32_t>& limits,
                              const std::vector<std::uint32_t>& breakers);
  [[nodiscard]] std::size_t size() const { return permits_.size(); }
  [[nodiscard]] std::size_t open_count() const { return open_; }

  template <class Archive>
  void visit(Archive& archive) {
    archive(permits_, free_, late_, closed_, next_serial_, open_);
    if constexpr (Archive::kReading) rebuild(archive);
  }

 private:
  struct Hash {
    std::size_t operator()(std::string_view text) const;
  };
  using Index = std::pmr::unordered_map<std::string_view, std::uint32_t, Hash>;
  using Repeats = std::unordered_map<std::string, std::uint32_t>;

  void forget(Permit& permit);
  void forget_repeats(const Permit& permit);
  void rebuild(ArchiveReader& archive);
  static std::string fingerprint_of(std::string_view idempotency_key,
                                    const killswitch::Digest& request);

  static constexpr std::size_t kLateMax = 65'536;
  std::deque<Permit> permits_;  // a deque: the index views the ids inside
  std::vector<std::uint32_t> free_;
  std::deque<std::pair<std::uint32_t, std::uint64_t>> late_;  // oldest first
  RecentSet closed_;
  std::uint64_t next_serial_ = 1;
  std::size_t open_ = 0;
  std::pmr::unsynchronized_pool_resource pool_;
  Index by_id_{&pool_};
  Repeats by_repeat_;  // open permits with an idempotency key
};

}  // namespace fusebox::engine

// The state of a Limit by key, and its life: keys come with their first call, are saved, restored
// and swept. What the state means is limit.cpp's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/archive.hpp"
#include "base/key.hpp"
#include "breakers/budget.hpp"
#include "breakers/concurrency.hpp"
#include "breakers/gcra.hpp"
#include "breakers/limit.hpp"

namespace fusebox::breakers::detail {

// What one key needs whatever is limited.
struct Activity {
  Instant last{};  // last time the key was asked for, charged or settled
  std::uint32_t open_holds = 0;

  template <class Archive>
  void visit(Archive& archive) {
    archive(last, open_holds);
  }
};

// Arrays beside the key table, one for each part that the document has, so that a plain rate limit
// pays for no budget. Freed indices are blank.
struct LimitState {
  explicit LimitState(LimitSpec limit_spec);
  // The parts of every key refer to the spec and the terms in here.
  LimitState(const LimitState&) = delete;
  LimitState& operator=(const LimitState&) = delete;

  // One key's parts; null where the document has none.
  struct Parts {
    const Budget* budget = nullptr;
    const Gcra* rate = nullptr;
    const Slots* slots = nullptr;
  };
  // Of a key that was never seen, without an index.
  [[nodiscard]] Parts parts_of(std::optional<KeyIndex> key) const;

  [[nodiscard]] std::optional<KeyIndex> find(const Dimensions& dimensions);
  // The key's index, new if need be, with a sign of life.
  [[nodiscard]] KeyIndex touch(const Dimensions& dimensions, Instant now);

  // See Limit::sweep.
  void sweep(Instant now, std::size_t budget);
  void forget_all();
  // How long a key is kept after its last sign of life, unless a rate or a call keeps it longer.
  [[nodiscard]] Duration memory() const;

  // See Limit::gave_out.
  [[nodiscard]] bool gave_out(const std::vector<Hold>& holds) const;

  void save(ArchiveWriter& archive);
  void restore(ArchiveReader& archive);

  const LimitSpec spec;
  const BudgetTerms terms;
  struct {
    std::optional<Budget> budget;
    std::optional<Gcra> rate;
    std::optional<Slots> slots;
  } blank;  // has a value where the document has that part
  KeyTable keys;
  std::vector<Activity> activity;
  std::vector<Budget> budgets;
  std::vector<Gcra> rates;
  std::vector<Slots> slots;
  std::uint64_t next_slot_id = 1;  // over all keys, so that a slot id never comes twice
  KeyIndex next_sweep = 0;
  std::int64_t condition_errors = 0;
  std::int64_t leaked_slots = 0;

 private:
  void make_blank(KeyIndex key);
  [[nodiscard]] bool as_good_as_new(KeyIndex key, Instant now) const;
  template <class Archive>
  void visit(Archive& archive);
  template <class Archive>
  void visit_key(Archive& archive, KeyIndex key);

  KeyBuffer key_buffer_;  // reused, so that a look-up does not allocate
};

}  // namespace fusebox::breakers::detail

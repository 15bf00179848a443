#include "sre/store/latch.hpp"

#include <algorithm>

#include "base/archive.hpp"
#include "base/assert.hpp"
#include "sre/store/detail/crc32c.hpp"
#include "sre/store/detail/frame.hpp"

namespace fusebox::store {
namespace {

using killswitch::Order;
using Standing = std::map<killswitch::Scope, Order>;

constexpr std::string_view kMagic = "fbxlatch";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHeadBytes = 24;
// Larger than any that is ever made of standing orders; not read into memory.
constexpr std::uint64_t kFileBytesMax = std::uint64_t{1} << 30;

std::string format_head(std::uint64_t capacity) {
  std::string bytes(kMagic);
  append_u32(bytes, kVersion);
  append_u64(bytes, capacity);
  append_u32(bytes, crc32c(bytes));
  return bytes;
}

std::uint32_t seed_of(std::uint64_t capacity) { return crc32c(format_head(capacity)); }

FrameRules rules_of(std::uint64_t capacity) {
  return {.seed = seed_of(capacity), .payload_max = kLatchOrderBytesMax};
}

std::string encode(const Order& order) {
  std::string bytes;
  ArchiveWriter archive(bytes);
  archive(order);
  return bytes;
}

std::optional<Order> decode(std::string_view bytes) {
  Order order;
  ArchiveReader archive(bytes);
  archive(order);
  if (archive.failed() || !archive.at_end()) return std::nullopt;
  return order;
}

// The larger epoch wins, a trip wins a tie; the same register again is the same order, later.
void remember(Standing& standing, Order order) {
  const auto [place, added] = standing.try_emplace(order.scope, order);
  if (added) return;
  if (join(place->second.reg, order.reg) == order.reg) place->second = std::move(order);
}

bool stops_everything(const Standing& standing) {
  const auto global = standing.find(killswitch::Scope{});
  return global != standing.end() && global->second.reg.state == killswitch::RegisterState::Tripped;
}

std::vector<Order> orders_of(const Standing& standing) {
  std::vector<Order> orders;
  for (const auto& [scope, order] : standing) orders.push_back(order);
  return orders;
}

// What is wrong with the head, "" if nothing.
std::string flaw_of_head(std::string_view bytes) {
  if (bytes.size() < kHeadBytes || !bytes.starts_with(kMagic)) return "it has no head";
  if (u32_at(bytes, kHeadBytes - 4) != crc32c(bytes.substr(0, kHeadBytes - 4))) {
    return "its head does not match its checksum";
  }
  return {};
}

// Reads frames from `at` on into `standing`; where the last sound one ends.
std::size_t read_orders(std::string_view bytes, std::size_t at, const FrameRules& rules,
                        Standing& standing) {
  while (const auto frame = read_frame(bytes.substr(at), rules)) {
    auto order = decode(frame->payload);
    if (!order) break;
    remember(standing, std::move(*order));
    at += frame->bytes;
  }
  return at;
}

// Behind damage: every frame that is sound by itself, so that people who re-arm lose no more.
void salvage(std::string_view bytes, const FrameRules& rules, Standing& standing) {
  while (const auto next = find_frame(bytes, rules)) {
    const std::size_t end = read_orders(bytes, *next, rules, standing);
    bytes.remove_prefix(std::max(end, *next + 1));
  }
}

std::string text_of_damage(std::size_t at) {
  return "the latch holds an unfinished or damaged order at byte " + std::to_string(at) +
         ", which may have stopped anything";
}

}  // namespace

Result<LatchContents> read_latch(std::string_view bytes) {
  LatchContents contents;
  if (const std::string flaw = flaw_of_head(bytes); !flaw.empty()) {
    contents.must_start_tripped = "the latch is damaged: " + flaw + "; its orders are lost";
    return contents;
  }
  if (const std::uint32_t version = u32_at(bytes, 8); version != kVersion) {
    return Unexpected{ErrorCode::StateNewer, "version " + std::to_string(version) +
                                                 " of the latch; this program knows up to " +
                                                 std::to_string(kVersion)};
  }
  const std::uint64_t capacity = u64_at(bytes, 12);
  const FrameRules rules = rules_of(capacity);
  Standing standing;
  const std::size_t end = read_orders(bytes, kHeadBytes, rules, standing);
  if (bytes.size() != capacity) {
    contents.must_start_tripped = "the latch has " + std::to_string(bytes.size()) + " bytes of " +
                                  std::to_string(capacity) + "; orders may be missing";
  } else if (!all_zero(bytes.substr(end))) {
    contents.must_start_tripped = text_of_damage(end);
  }
  if (contents.must_start_tripped) salvage(bytes.substr(end), rules, standing);
  contents.orders = orders_of(standing);
  contents.end = end;
  return contents;
}

Result<Latch::Opened> Latch::open(Files& files, LatchOptions options) {
  Latch latch(files, std::move(options));
  auto contents = latch.load();
  if (!contents) return Unexpected{contents.error()};
  for (const Order& order : contents->orders) remember(latch.standing_, order);
  if (latch.file_ == nullptr && !contents->must_start_tripped) {
    if (auto made = latch.rewrite(); !made) return Unexpected{made.error()};
  }
  latch.owes_trip_ = contents->must_start_tripped.has_value();
  latch.is_durable_ = latch.file_ != nullptr;
  return Opened{.latch = std::move(latch),
                .orders = std::move(contents->orders),
                .must_start_tripped = std::move(contents->must_start_tripped)};
}

Result<LatchContents> Latch::load() {
  const std::string& path = options_.path;
  const auto exists = files_->exists(path);
  if (!exists) return Unexpected{exists.error()};
  LatchContents contents;
  if (!*exists) {
    if (!options_.is_new_folder) {
      contents.must_start_tripped = "the latch " + path + " is missing; its orders are lost";
    }
    return contents;
  }
  const auto bytes = read_file(*files_, path, kFileBytesMax);
  keep_aside_ = true;  // until it turns out to be sound
  if (!bytes) {
    if (bytes.error().code != ErrorCode::TooLarge) return Unexpected{bytes.error()};
    contents.must_start_tripped = "the latch is damaged: " + bytes.error().message;
    return contents;
  }
  auto read = read_latch(*bytes);
  if (!read) return Unexpected{read.error().code, path + ": " + read.error().message};
  if (read->must_start_tripped) return read;
  auto file = files_->open(path, OpenAs::Write);
  if (!file) return Unexpected{file.error()};
  // A killed process may have left its last order in memory alone, and it is about to be obeyed.
  if (auto done = (*file)->sync(); !done) return Unexpected{done.error()};
  file_ = std::move(*file);
  keep_aside_ = false;
  folder_unsynced_ = true;
  capacity_ = bytes->size();
  seed_ = seed_of(capacity_);
  end_ = read->end;
  return read;
}

Result<void> Latch::append(std::span<const Order> orders) {
  for (const Order& order : orders) {
    if (encode(order).size() <= kLatchOrderBytesMax) continue;
    return Unexpected{ErrorCode::TooLarge, "the order " + order.id + " is larger than " +
                                               std::to_string(kLatchOrderBytesMax) + " bytes"};
  }
  for (const Order& order : orders) remember(standing_, order);
  if (is_durable_ && append_in_place(orders)) {
    // Half of the room is kept for a full disk, on which no new file can be made; if that is so
    // already, the order is durable all the same.
    if (end_ > capacity_ / 2) static_cast<void>(rewrite());
    return {};
  }
  is_durable_ = false;
  return repair();
}

Result<void> Latch::repair() {
  if (is_durable_) return {};
  if (owes_trip_ && !stops_everything(standing_)) {
    return Unexpected{ErrorCode::StateCorrupt,
                      options_.path + " may lack orders; everything must be stopped first"};
  }
  owes_trip_ = false;
  auto done = rewrite();
  is_durable_ = done.has_value();
  return done;
}

Result<void> Latch::append_in_place(std::span<const Order> orders) {
  std::string bytes;
  for (const Order& order : orders) append_frame(bytes, encode(order), seed_);
  if (end_ + bytes.size() > capacity_) {
    return Unexpected{ErrorCode::StorageFailed, options_.path + " is full"};
  }
  Result<void> done;
  if (folder_unsynced_) done = files_->sync_folder(parent_of(options_.path));
  if (done) folder_unsynced_ = false;
  if (done) done = file_->write_at(end_, bytes);
  if (done) done = file_->sync();
  if (done) end_ += bytes.size();
  return done;
}

// A file of all standing orders takes the place of the old one, as one step.
Result<void> Latch::rewrite() {
  std::vector<std::string> orders;
  std::uint64_t size = kHeadBytes;
  for (const auto& [scope, order] : standing_) {
    orders.push_back(encode(order));
    size += kFrameHeadBytes + orders.back().size();
  }
  // Four times what stands, so that the next rewrite is as many appends away.
  const std::uint64_t capacity = std::max(kLatchCapacity, 4 * size);
  std::string bytes = format_head(capacity);
  for (const std::string& order : orders) append_frame(bytes, order, seed_of(capacity));
  const std::uint64_t end = bytes.size();
  bytes.resize(static_cast<std::size_t>(capacity));
  if (auto done = replace(bytes); !done) return done;
  seed_ = seed_of(capacity);
  capacity_ = capacity;
  end_ = end;
  folder_unsynced_ = true;
  auto done = files_->sync_folder(parent_of(options_.path));
  folder_unsynced_ = !done;
  return done;
}

Result<void> Latch::replace(std::string_view bytes) {
  const std::string scratch = options_.path + ".new";
  auto file = files_->open(scratch, OpenAs::Create);
  if (!file) return Unexpected{file.error()};
  Result<void> done = (*file)->truncate(0);
  if (done) done = (*file)->write_at(0, bytes);
  if (done) done = (*file)->sync();
  if (done && keep_aside_) done = move_aside();
  if (done) done = files_->rename({.from = scratch, .to = options_.path});
  if (done) {
    file_ = std::move(*file);
  } else {
    static_cast<void>(files_->remove(scratch));  // it takes room on a disk that may be full
  }
  return done;
}

Result<void> Latch::move_aside() {
  for (int n = 1;; ++n) {
    const std::string aside = options_.path + ".damaged." + std::to_string(n);
    const auto taken = files_->exists(aside);
    if (!taken) return Unexpected{taken.error()};
    if (*taken) continue;
    auto done = files_->rename({.from = options_.path, .to = aside});
    if (done) keep_aside_ = false;
    return done;
  }
}

}  // namespace fusebox::store

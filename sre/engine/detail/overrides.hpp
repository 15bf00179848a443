// What people said against breakers and limits, for a while. Those carry it out; here stands who
// said it and until when, and only this is saved.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/archive.hpp"
#include "base/time.hpp"
#include "breakers/resource.hpp"
#include "telemetry/input.hpp"

namespace fusebox::engine {

[[nodiscard]] constexpr std::string_view name_of(telemetry::ForcedState state) {
  return state == telemetry::ForcedState::Open ? "open" : "closed";
}

enum class OverrideKind : std::uint8_t { Force, Raise };
constexpr OverrideKind last_of(OverrideKind) { return OverrideKind::Raise; }

struct Override {
  OverrideKind kind = OverrideKind::Force;
  std::string document;                                         // the breaker's or limit's name
  std::string key;                                              // encoded
  telemetry::ForcedState state = telemetry::ForcedState::Open;  // Force
  breakers::Resource resource = breakers::Resource::Tokens;     // Raise
  std::int64_t max = 0;                                         // Raise, in units of the resource
  Instant until{};
  std::uint64_t serial = 0;
  std::string actor;
  std::string reason;

  // Do both speak about the same thing?
  [[nodiscard]] bool same_target(const Override& other) const {
    return kind == other.kind && document == other.document && key == other.key &&
           (kind == OverrideKind::Force || resource == other.resource);
  }

  template <class Archive>
  void visit(Archive& archive) {
    archive(kind, document, key, state, resource, max, until, serial, actor, reason);
  }
};

// By serial, so in the order in which they were given. People give them, so there are few.
class Overrides {
 public:
  // Takes the place of the one with the same target.
  const Override& put(Override given) {
    std::erase_if(by_serial_, [&](const auto& each) { return each.second.same_target(given); });
    given.serial = next_serial_++;
    return by_serial_[given.serial] = std::move(given);
  }
  [[nodiscard]] const Override* find(std::uint64_t serial) const {
    const auto found = by_serial_.find(serial);
    return found == by_serial_.end() ? nullptr : &found->second;
  }
  void erase(std::uint64_t serial) { by_serial_.erase(serial); }
  [[nodiscard]] const std::map<std::uint64_t, Override>& all() const { return by_serial_; }

  template <class Archive>
  void visit(Archive& archive) {
    archive(by_serial_, next_serial_);
    if constexpr (Archive::kReading) {
      for (const auto& [serial, each] : by_serial_) {
        const bool plausible = serial == each.serial && serial < next_serial_ && each.max >= 0 &&
                               each.until >= Instant{};
        if (!plausible) archive.fail();
      }
    }
  }

 private:
  std::map<std::uint64_t, Override> by_serial_;
  std::uint64_t next_serial_ = 1;
};

}  // namespace fusebox::engine

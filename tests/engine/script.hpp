// A journal as a test writes it: YAML for the configuration, JSON lines in, JSON lines out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "sre/engine/engine.hpp"
#include "telemetry/journal.hpp"
#include "tests/engine/spec.hpp"

namespace fusebox::engine {

class Script {
 public:
  explicit Script(const std::string& yaml) : engine_(spec_of(yaml)) {}
  explicit Script(EngineSpec spec) : engine_(std::move(spec)) {}

  // Feeds one journal line; the output lines it gave.
  std::vector<std::string> feed(std::string_view line) {
    const auto input = decoder_.decode_line(line);
    if (!input) {
      ADD_FAILURE() << line << ": " << input.error().message;
      return {};
    }
    effects_.clear();
    reply_ = engine_.apply(**input, effects_);
    audit_ += effects_.audit;
    std::vector<std::string> lines;
    for (const telemetry::Record& record : effects_.records) {
      telemetry::append_json(lines.emplace_back(), record);
    }
    return lines;
  }

  // Feeds one line and returns its decision.
  telemetry::DecisionRecord decide(std::string_view line) {
    feed(line);
    for (const telemetry::Record& record : effects_.records) {
      if (const auto* found = std::get_if<telemetry::DecisionRecord>(&record.body)) return *found;
    }
    ADD_FAILURE() << "no decision for " << line;
    return {};
  }

  // The records of one type that the last line gave.
  template <class Body>
  [[nodiscard]] std::vector<Body> last() const {
    std::vector<Body> out;
    for (const telemetry::Record& record : effects_.records) {
      if (const auto* found = std::get_if<Body>(&record.body)) out.push_back(*found);
    }
    return out;
  }

  // What the sender of the last line was told; fails the test if it is of another kind.
  template <class Kind>
  [[nodiscard]] Kind reply() const {
    const Kind* found = std::get_if<Kind>(&reply_);
    if (found == nullptr) ADD_FAILURE() << "the reply is of kind " << reply_.index();
    return found == nullptr ? Kind{} : *found;
  }
  [[nodiscard]] ErrorCode refused() const { return reply<Error>().code; }

  [[nodiscard]] std::string summary() {
    std::string out;
    engine_.write_summary(out);
    return out;
  }
  [[nodiscard]] const std::string& audit() const { return audit_; }
  [[nodiscard]] Engine& engine() { return engine_; }

 private:
  Engine engine_;
  Effects effects_;
  Reply reply_;
  telemetry::JournalDecoder decoder_;
  std::string audit_;
};

// {"at":SECONDS-after-2026-01-01, …}: the time of a test line.
inline std::string at(std::int64_t seconds, std::string_view rest) {
  constexpr std::int64_t kStart = 1'767'225'600;
  return "{\"at\":" + std::to_string(kStart + seconds) + "000000000," + std::string(rest) + "}";
}

inline std::string check(std::string_view id, std::string_view body) {
  return "\"id\":\"" + std::string(id) + "\",\"check\":" + std::string(body);
}

}  // namespace fusebox::engine

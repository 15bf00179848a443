// A journal through an engine, for the commands that read one: its inputs, and the configuration
// and the state that it may begin with.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "sre/cli/line_reader.hpp"
#include "sre/engine/engine.hpp"
#include "telemetry/journal.hpp"

namespace fusebox::cli {

struct JournalOptions {
  std::string path;  // "-": standard input
  engine::EngineSpec spec;
  // The user's own files: what the journal says of its configuration is passed over then.
  bool is_spec_given = false;
};

class JournalRun {
 public:
  explicit JournalRun(JournalOptions options)
      : options_(std::move(options)), engine_(std::move(options_.spec)) {}

  // What one line caused; `input` is null for a line that is none. An error ends the run.
  using Seen =
      std::function<Result<void>(const telemetry::Input* input, const engine::Effects& effects)>;

  // The exit code; what is wrong has been printed, with its line.
  [[nodiscard]] int run(const Seen& seen);

  [[nodiscard]] engine::Engine& engine() { return engine_; }
  [[nodiscard]] telemetry::JournalDecoder& decoder() { return decoder_; }

 private:
  [[nodiscard]] Result<void> take(std::string_view line);
  [[nodiscard]] Result<void> take_input(const telemetry::Input& input);
  [[nodiscard]] Result<void> take_part(const telemetry::JournalPart& part);
  [[nodiscard]] Result<void> configure(const std::vector<telemetry::ConfigText>& documents,
                                       Instant at);
  [[nodiscard]] Result<void> restore(const telemetry::SavedState& saved);
  [[nodiscard]] int malformed(std::int64_t line, const Error& error) const;

  JournalOptions options_;
  engine::Engine engine_;
  engine::Effects effects_;
  telemetry::JournalDecoder decoder_;
  telemetry::JournalParts parts_;
  const telemetry::Input* input_ = nullptr;  // of the line, if it is one
  bool has_begun_ = false;                   // something was applied or restored
};

}  // namespace fusebox::cli

#include "sre/cli/detail/journal_run.hpp"

#include <iostream>

#include "base/diagnostics.hpp"
#include "killswitch/scope.hpp"
#include "sre/cli/exit_code.hpp"
#include "sre/cli/load_files.hpp"
#include "sre/config/load.hpp"

namespace fusebox::cli {
namespace {

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

Result<engine::EngineSpec> spec_of(const std::vector<telemetry::ConfigText>& documents) {
  std::vector<config::Source> sources;
  for (const telemetry::ConfigText& each : documents) sources.push_back({each.name, each.text});
  Diagnostics diagnostics;
  auto loaded = config::load(sources, diagnostics);
  if (!loaded) {
    print_diagnostics(diagnostics);
    return Unexpected{ErrorCode::InvalidInput, "config.text: the configuration is not valid"};
  }
  return std::move(loaded->engine);
}

}  // namespace

int JournalRun::run(const Seen& seen) {
  LineReader reader(telemetry::kJournalLineBytesMax);
  if (auto opened = reader.open(options_.path); !opened) {
    print_error(opened.error().message);
    return kUsage;
  }
  while (const auto line = reader.next()) {
    if (is_blank(*line)) continue;
    if (auto taken = take(*line); !taken) return malformed(reader.line_number(), taken.error());
    if (auto done = seen(input_, effects_); !done) {
      print_error(done.error().message);
      return kFailure;
    }
    effects_.clear();
  }
  if (reader.error()) {
    print_error(reader.error()->message);
    return kUsage;
  }
  if (!parts_.is_waiting()) return kSuccess;
  return malformed(reader.line_number(),
                   {ErrorCode::InvalidInput, "the journal ends in the middle of its head"});
}

Result<void> JournalRun::take(std::string_view line) {
  input_ = nullptr;
  const auto decoded = decoder_.decode_any_line(line);
  if (!decoded) return Unexpected{decoded.error()};
  if (const auto* part = std::get_if<telemetry::JournalPart>(&*decoded)) return take_part(*part);
  return take_input(*std::get<const telemetry::Input*>(*decoded));
}

Result<void> JournalRun::take_input(const telemetry::Input& input) {
  if (parts_.is_waiting()) {
    return Unexpected{ErrorCode::InvalidInput, "the part that follows the line above is missing"};
  }
  if (const auto* kill = std::get_if<telemetry::KillInput>(&input.body)) {
    // A stop order that stops nothing must not go by as a notice.
    const auto scope = killswitch::parse_ordered_scope(kill->scope);
    if (!scope) return Unexpected{scope.error()};
  }
  has_begun_ = true;
  input_ = &input;
  (void)engine_.apply(input, effects_);
  return {};
}

Result<void> JournalRun::take_part(const telemetry::JournalPart& part) {
  auto whole = parts_.add(part);
  if (!whole) return Unexpected{whole.error()};
  if (!*whole) return {};
  if (const auto* saved = std::get_if<telemetry::SavedState>(&**whole)) return restore(*saved);
  return configure(std::get<std::vector<telemetry::ConfigText>>(**whole), part.at);
}

// At the beginning it is what everything is decided under, later on a reload.
Result<void> JournalRun::configure(const std::vector<telemetry::ConfigText>& documents,
                                   Instant at) {
  if (options_.is_spec_given) return {};
  auto spec = spec_of(documents);
  if (!spec) return Unexpected{spec.error()};
  if (!has_begun_) {
    engine_ = engine::Engine(std::move(*spec));
    return {};
  }
  if (at > engine_.now()) (void)engine_.apply({at, telemetry::Tick{}}, effects_);
  engine::Effects changed = engine_.reconfigure(std::move(*spec));
  for (telemetry::Record& record : changed.records) effects_.records.push_back(std::move(record));
  return {};
}

Result<void> JournalRun::restore(const telemetry::SavedState& saved) {
  if (has_begun_) {
    return Unexpected{ErrorCode::InvalidInput, "state: stands only before the first input"};
  }
  auto restored = engine_.restore(saved.bytes);
  if (!restored) return Unexpected{ErrorCode::InvalidInput, "state: " + restored.error().message};
  has_begun_ = true;
  effects_.records = std::move(restored->records);
  return {};
}

int JournalRun::malformed(std::int64_t line, const Error& error) const {
  const std::string name = options_.path == "-" ? "<stdin>" : options_.path;
  std::cerr << format(Diagnostic{Severity::Error,
                                 {name, static_cast<std::size_t>(line), 1},
                                 error.code,
                                 error.message,
                                 "",
                                 ""})
            << "\n";
  return kUsage;
}

}  // namespace fusebox::cli

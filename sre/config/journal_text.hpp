// A configuration as a recorded journal has it: what decides, and nothing else. Of a Config
// document that is `presets`, and when telemetry is late and an agent silent; whom it believes
// (auth), whom it calls (webhooks, terminators) and where it keeps things (state, journal, listen)
// are left out, so that no credential and no address gets into a file that is passed around.
#pragma once

#include <vector>

#include "sre/config/source.hpp"
#include "telemetry/journal_parts.hpp"

namespace fusebox::config {

// A text for each source, under its name; comments and layout are gone. load() of these gives the
// engine exactly what load() of the sources gives it. The sources are valid.
[[nodiscard]] std::vector<telemetry::ConfigText> journal_text(const std::vector<Source>& sources);

}  // namespace fusebox::config

// NDJSON out: one input to one journal line, which JournalDecoder reads back as the same input.
#pragma once

#include <cstdint>
#include <string>

#include "telemetry/input.hpp"

namespace fusebox::telemetry {

// Masked keeps the keys of `args`, and the shape of its lists and objects, and puts "***" in the
// place of every value. Rules that look at arguments may decide a masked journal otherwise than
// they decided the original; everything else is decided alike.
enum class Arguments : std::uint8_t { Masked, Full };

// Appends one line without its newline. What `explain` asked for is not part of a journal, and
// neither is a recorded outcome: a check that came from an input log is written without arguments.
// About half a microsecond; allocates only if `out` must grow.
void append_journal_line(std::string& out, const Input& input, Arguments arguments);

}  // namespace fusebox::telemetry

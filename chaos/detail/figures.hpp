// Numbers as people read them in findings and reports: rounded once, the same on every machine.
#pragma once

#include <cstdint>
#include <string>

#include "base/money.hpp"
#include "base/time.hpp"

namespace fusebox::chaos {

// "-0.41": `digits` after the point, without a sign if it rounds to 0.
[[nodiscard]] std::string fixed(double number, int digits);
// "12,345".
[[nodiscard]] std::string grouped(std::int64_t number);
// "98.71 %" of 0.98712.
[[nodiscard]] std::string percent(double share, int digits = 2);
// "-0.41 points" of -0.0041.
[[nodiscard]] std::string points(double difference);
// "1.08", "42.7", "1,520": three digits or more.
[[nodiscard]] std::string rounded(double number);
// "2m 30s", "12s", "350ms": what is below a second only where nothing is above.
[[nodiscard]] std::string in_words(Duration duration);
// A time within a run: "12:30", "1:02:05".
[[nodiscard]] std::string clock_text(Duration since_start);
// "$0.0312", "$12.50", "$1,204.00".
[[nodiscard]] std::string dollars(double usd);
// "1 task", "2 tasks".
[[nodiscard]] std::string count_of(std::int64_t number, const char* thing);

}  // namespace fusebox::chaos

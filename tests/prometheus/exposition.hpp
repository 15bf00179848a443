// A reader of the text exposition format that accepts nothing doubtful: what the page promises is
// checked against it, and what it says is asked by name.
#pragma once

#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace fusebox::prometheus {

class Exposition {
 public:
  explicit Exposition(std::string_view page) {
    EXPECT_TRUE(page.empty() || page.back() == '\n') << "the last line has no end";
    while (!page.empty()) {
      const std::size_t end = page.find('\n');
      if (end == std::string_view::npos) return;
      const std::string_view line = page.substr(0, end);
      if (!(line.starts_with("# ") ? take_comment(line.substr(2)) : take_sample(line))) {
        ADD_FAILURE() << "does not parse: " << line;
      }
      page.remove_prefix(end + 1);
    }
  }

  // By NAME{LABELS} as written, "fusebox_events_total{kind=\"llm\"}".
  [[nodiscard]] const std::map<std::string, double>& samples() const { return samples_; }
  // By family: "counter".
  [[nodiscard]] const std::map<std::string, std::string>& types() const { return types_; }

  [[nodiscard]] bool has(const std::string& series) const { return samples_.contains(series); }
  [[nodiscard]] double at(const std::string& series) const {
    const auto found = samples_.find(series);
    if (found != samples_.end()) return found->second;
    ADD_FAILURE() << "no sample " << series;
    return std::nan("");
  }

  // Does the series only grow? Counters do, and what a histogram or summary counts.
  [[nodiscard]] bool only_grows(const std::string& series) const {
    const std::string name = series.substr(0, series.find('{'));
    const auto type = types_.find(family_of(name));
    if (type == types_.end()) return false;
    return type->second == "counter" || type->second == "histogram";
  }

 private:
  [[nodiscard]] std::string family_of(const std::string& name) const {
    for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
      if (!name.ends_with(suffix)) continue;
      const std::string family = name.substr(0, name.size() - suffix.size());
      const auto found = types_.find(family);
      if (found != types_.end() && found->second == "histogram") return family;
    }
    return name;
  }

  // "HELP name text", then at once "TYPE name type", once for each family.
  bool take_comment(std::string_view rest) {
    const std::string_view word = rest.substr(0, 5);
    rest.remove_prefix(std::min<std::size_t>(5, rest.size()));
    const std::string name(rest.substr(0, rest.find(' ')));
    if (word == "HELP ") {
      current_ = name;
      return rest.size() > name.size() + 1;
    }
    if (word != "TYPE " || name != current_) return false;
    return types_.emplace(name, rest.substr(name.size() + 1)).second;
  }

  bool take_sample(std::string_view line) {
    std::string_view rest = line;
    const std::string name = take_name(rest, true);
    if (name.empty() || family_of(name) != current_) return false;
    if (rest.starts_with('{') && !take_labels(rest)) return false;
    if (!rest.starts_with(' ')) return false;
    const std::string series(line.substr(0, line.size() - rest.size()));
    const auto value = number_of(rest.substr(1));
    return value.second && samples_.emplace(series, value.first).second;
  }

  static std::string take_name(std::string_view& rest, bool colons) {
    std::size_t end = 0;
    while (end < rest.size() &&
           (std::isalpha(static_cast<unsigned char>(rest[end])) != 0 || rest[end] == '_' ||
            (colons && rest[end] == ':') || (end > 0 && rest[end] >= '0' && rest[end] <= '9'))) {
      ++end;
    }
    const std::string name(rest.substr(0, end));
    rest.remove_prefix(end);
    return name;
  }

  static bool take_labels(std::string_view& rest) {
    std::set<std::string> names;
    do {
      rest.remove_prefix(1);  // { or ,
      const std::string name = take_name(rest, false);
      if (name.empty() || name.starts_with("__") || !names.insert(name).second) return false;
      if (!rest.starts_with("=\"")) return false;
      rest.remove_prefix(2);
      if (!take_value(rest)) return false;
    } while (rest.starts_with(','));
    if (!rest.starts_with('}')) return false;
    rest.remove_prefix(1);
    return true;
  }

  static bool take_value(std::string_view& rest) {
    while (!rest.empty() && rest[0] != '"') {
      if (rest[0] == '\\') {
        if (rest.size() < 2 || std::string_view("\\\"n").find(rest[1]) == std::string_view::npos) {
          return false;
        }
        rest.remove_prefix(1);
      }
      rest.remove_prefix(1);
    }
    if (rest.empty()) return false;
    rest.remove_prefix(1);
    return true;
  }

  static std::pair<double, bool> number_of(std::string_view text) {
    if (text == "NaN") return {std::nan(""), true};
    if (text == "+Inf") return {HUGE_VAL, true};
    if (text == "-Inf") return {-HUGE_VAL, true};
    double value = 0;
    const auto [end, failed] = std::from_chars(text.begin(), text.end(), value);
    return {value, failed == std::errc{} && end == text.end() && std::isfinite(value)};
  }

  std::string current_;
  std::map<std::string, std::string> types_;
  std::map<std::string, double> samples_;
};

}  // namespace fusebox::prometheus

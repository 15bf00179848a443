// The text exposition format of Prometheus, version 0.0.4, written line by line. A family is one
// name; its samples follow it at once, as the format demands. The writer checks nothing: each
// family is begun once, and no two samples of it have the same labels.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fusebox::prometheus::detail {

enum class MetricType : std::uint8_t { Counter, Gauge, Histogram, Summary };

struct Family {
  MetricType type;
  std::string_view name;
  std::string_view help;  // any text: escaped here
};

// The labels of one sample as text, in two pieces because the first is shared by many samples and
// the last by many keys: `slo="fast",agent="bot"` and `window="5m"`. Either may be empty.
struct Labels {
  std::string_view key;
  std::string_view last;
};

// Appends `name="value"` with the value escaped, after a comma unless `out` stands at `begin`.
void append_label(std::string& out, std::size_t begin, std::string_view name,
                  std::string_view value);
// The same as a text of its own.
[[nodiscard]] std::string label(std::string_view name, std::string_view value);
// One text for each value.
[[nodiscard]] std::vector<std::string> labels_of(std::string_view name,
                                                 std::span<const std::string_view> values);

class Page {
 public:
  // Writes to the end of `out`, which must outlive the page.
  explicit Page(std::string& out) : out_(out) {}

  void family(const Family& family);
  void integer(const Labels& labels, std::int64_t value);
  void integer(const Labels& labels, std::uint64_t value);
  void number(const Labels& labels, double value);

  // A family with one sample.
  void single(const Family& what, std::int64_t value) { family(what), integer({}, value); }
  void single(const Family& what, std::uint64_t value) { family(what), integer({}, value); }
  void single(const Family& what, double value) { family(what), number({}, value); }

  // One histogram of a family. `le` are the labels of all buckets (bucket_labels); counts are of
  // each bucket alone, as many as there are labels.
  template <class Count>
  void histogram(std::string_view key, std::span<const std::string> le,
                 std::span<const Count> counts, double sum);

 private:
  void begin_line(std::string_view suffix, const Labels& labels);
  void end_line(std::uint64_t value);
  void end_line(double value);

  std::string& out_;
  std::string name_;
};

// `le="0.005"`, …, `le="+Inf"`.
[[nodiscard]] std::vector<std::string> bucket_labels(std::span<const double> bounds);

template <class Count>
void Page::histogram(std::string_view key, std::span<const std::string> le,
                     std::span<const Count> counts, double sum) {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < le.size(); ++i) {
    total += static_cast<std::uint64_t>(counts[i]);
    begin_line("_bucket", {key, le[i]});
    end_line(total);
  }
  begin_line("_sum", {key, {}});
  end_line(sum);
  begin_line("_count", {key, {}});
  end_line(total);
}

}  // namespace fusebox::prometheus::detail

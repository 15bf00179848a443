// Appends JSON to a string: no tree, no allocation beyond the string's own growth, and the same
// bytes on every compiler (doubles in shortest round-trip form).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace fusebox {

class JsonWriter {
 public:
  // Writes to the end of `out`, which must outlive the writer.
  explicit JsonWriter(std::string& out) : out_(out) {}

  // Values. Inside an object each follows a key(); commas are put in by the writer.
  void begin_object();
  void end_object();
  void begin_array();
  void end_array();
  void key(std::string_view name);
  void string(std::string_view text);  // text is valid UTF-8; control characters are escaped
  void integer(std::int64_t number);
  void number(double number);  // null if not finite: JSON has no NaN
  void boolean(bool value);
  void null();
  void raw(std::string_view json);  // already JSON

  // Members: key and value in one call.
  void field(std::string_view name, std::string_view text);
  void field(std::string_view name, const char* text) { field(name, std::string_view(text)); }
  void field(std::string_view name, std::int64_t value);
  void field(std::string_view name, double value) { key(name), number(value); }
  void field(std::string_view name, bool value) { key(name), boolean(value); }
  void field(std::string_view name, Instant at);

 private:
  void separate();
  void append_quoted(std::string_view text);

  std::string& out_;
  bool need_comma_ = false;
};

// Appends `text` with JSON string escapes and without quotes.
void append_json_escaped(std::string& out, std::string_view text);

}  // namespace fusebox

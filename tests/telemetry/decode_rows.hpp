// Rows of decoding tests: lines that an input comes out of, and lines that are refused.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "telemetry/journal.hpp"

namespace fusebox::telemetry {

// `{"at":0,"<kind>":<body>}`: the shortest line around a body.
inline std::string line_of(std::string_view kind, std::string_view body) {
  return "{\"at\":0,\"" + std::string(kind) + "\":" + std::string(body) + "}";
}

// An object of `base` members and one more, e.g. `"depth":-1`.
inline std::string with(std::string_view base, std::string_view member) {
  std::string body(base);
  body.pop_back();
  if (!member.empty()) body += (body.size() > 1 ? "," : "") + std::string(member);
  return body + "}";
}

struct BadLine {
  std::string name;
  std::string line;
  ErrorCode code;
  std::string text;  // part of the message: at least the member's name
};

inline void expect_refused(const std::vector<BadLine>& rows) {
  JournalDecoder decoder;
  for (const BadLine& row : rows) {
    SCOPED_TRACE(row.name);
    const auto input = decoder.decode_line(row.line);
    EXPECT_FALSE(input.has_value());
    if (input) continue;
    EXPECT_EQ(input.error().code, row.code) << input.error().message;
    EXPECT_THAT(input.error().message, testing::HasSubstr(row.text));
  }
}

// Decodes `line` and returns its body as Body; a failure of the test if it is none.
template <class Body>
[[nodiscard]] const Body& decode_as(JournalDecoder& decoder, std::string_view line) {
  static const Body nothing{};
  const auto input = decoder.decode_line(line);
  EXPECT_TRUE(input.has_value()) << (input ? "" : input.error().message);
  if (!input) return nothing;
  const Body* body = std::get_if<Body>(&(*input)->body);
  EXPECT_NE(body, nullptr) << "another kind of input";
  return body == nullptr ? nothing : *body;
}

}  // namespace fusebox::telemetry

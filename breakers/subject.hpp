// How people name one key of a breaker or limit: the document's name, and behind a colon each the
// values of its key in the order of the document, percent-encoded as in a URL.
//
//   tools:search      breaker `tools` with key [tool], of the tool "search"
//   spend:acme:bot%2F1  limit `spend` with scope [tenant, agent]
//   calls             a document without a key
//
// A value that the calls left out is empty: `tools:`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/key.hpp"

namespace fusebox::breakers {

// `key` is encoded by `spec`.
[[nodiscard]] std::string format_subject(std::string_view name, const KeySpec& spec,
                                         std::string_view key);

struct Subject {
  std::string name;
  std::vector<std::string> values;  // decoded
  friend bool operator==(const Subject&, const Subject&) = default;
};

// nullopt if a percent sign is not followed by two hexadecimal digits. Other characters stand for
// themselves, encoded or not.
[[nodiscard]] std::optional<Subject> parse_subject(std::string_view text);

// The encoded key of these values; nullopt if `spec` takes another number of them.
[[nodiscard]] std::optional<std::string> key_of(const Subject& subject, const KeySpec& spec);

}  // namespace fusebox::breakers

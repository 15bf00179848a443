// Names of a schema: the longest dotted one, and what somebody who misspelt it may have meant.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "policy/condition.hpp"
#include "policy/value.hpp"

namespace fusebox::policy::detail {

[[nodiscard]] const Symbol* find_symbol(const Schema& schema, std::string_view name);

// True if some symbol is `prefix` and a dotted rest: "slo" in a schema with "slo.name".
[[nodiscard]] bool is_namespace(const Schema& schema, std::string_view prefix);

// The mistake of using `name`, which `schema` does not have.
[[nodiscard]] ConditionError unknown_name(const Schema& schema, std::string_view name,
                                          std::size_t offset);

// The mistake of calling `name`, which is no function; `as_method` as in x.name(…).
[[nodiscard]] ConditionError unknown_function(std::string_view name, bool as_method,
                                              std::size_t offset);

// True for CEL's reserved words, which no name may be.
[[nodiscard]] bool is_reserved(std::string_view word);

// "write && for and", for the words of other languages; "" for any other.
[[nodiscard]] std::string_view hint_for_word(std::string_view word);

}  // namespace fusebox::policy::detail

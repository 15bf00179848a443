// A checked tree to a program.
#pragma once

#include <memory>
#include <string_view>

#include "policy/detail/ast.hpp"
#include "policy/detail/program.hpp"

namespace fusebox::policy::detail {

// `ast` is without mistakes.
[[nodiscard]] std::shared_ptr<const Condition::Program> lower(std::string_view source,
                                                              const Ast& ast, Patterns patterns);

}  // namespace fusebox::policy::detail

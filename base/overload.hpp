// One call operator out of several lambdas, for std::visit.
#pragma once

namespace fusebox {

template <class... Functions>
struct Overload : Functions... {
  using Functions::operator()...;
};
// clang 16 does not deduce aggregates by itself.
template <class... Functions>
Overload(Functions...) -> Overload<Functions...>;

}  // namespace fusebox

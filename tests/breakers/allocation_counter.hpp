// Counts what this test program asks the heap for. One thread.
#pragma once

#include <cstddef>

namespace fusebox::breakers {

[[nodiscard]] std::size_t allocations();           // since the start
[[nodiscard]] std::size_t live_allocated_bytes();  // as the allocator rounded them

}  // namespace fusebox::breakers

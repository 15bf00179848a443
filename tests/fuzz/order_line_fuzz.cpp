// Lines of the daemon's stream of orders, and its refusals, from arbitrary bytes. Besides not
// crashing: a line that holds an order is an order, however little of it is understood, and reading
// is a function of the bytes.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/assert.hpp"
#include "base/text.hpp"
#include "sre/runtime/detail/order_lines.hpp"

namespace {

using fusebox::runtime::detail::read_order_line;
namespace event = fusebox::runtime::detail::event;

void check_order(const event::OrderArrived& arrived) {
  FUSEBOX_ASSERT(!fusebox::find_invalid_utf8(arrived.order.id));  // it is sent back as JSON
  FUSEBOX_ASSERT(!arrived.order.deadline || *arrived.order.deadline >= fusebox::Duration::zero());
  FUSEBOX_ASSERT(!arrived.order.deadline || *arrived.order.deadline <= std::chrono::hours{24});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(data, data + size);
  const auto first = read_order_line(bytes);
  const auto second = read_order_line(bytes);
  FUSEBOX_ASSERT(first.has_value() == second.has_value());
  if (first && *first) {
    FUSEBOX_ASSERT((*first)->index() == (*second)->index());
    if (const auto* arrived = std::get_if<event::OrderArrived>(&**first)) check_order(*arrived);
  }
  FUSEBOX_ASSERT(fusebox::runtime::detail::problem_text({.status = 403, .body = bytes})
                     .starts_with("HTTP 403 Forbidden"));
  return 0;
}

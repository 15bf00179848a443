// The body of an order: one JSON object of texts and numbers, a dozen members at most. Whoever
// reads it asks for members by name and looks at the end whether all was well: the first mistake is
// kept, with the name of its field, and what is read after it has no meaning.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "sre/api/problem.hpp"

namespace fusebox::api::detail {

inline constexpr std::size_t kMembersMax = 64;
inline constexpr std::size_t kBodyDepthMax = 64;

// A list or an object as a member: no route takes one.
struct Nested {
  std::string_view what;  // "a list"
};
using FlatValue = std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Nested>;

class FlatBody {
 public:
  // Any bytes. A member that stands twice is a mistake, and null is as absent.
  explicit FlatBody(std::string_view json);

  // Required ones are never empty. Views live as long as the body.
  [[nodiscard]] std::string_view text(std::string_view name);
  [[nodiscard]] std::optional<std::string_view> optional_text(std::string_view name);
  // What may be empty, and is where it is absent.
  [[nodiscard]] std::string_view any_text(std::string_view name);
  // One of `names`, or its first if it is absent; its place among them.
  [[nodiscard]] std::size_t choice(std::string_view name,
                                   const std::vector<std::string_view>& names);
  [[nodiscard]] std::size_t required_choice(std::string_view name,
                                            const std::vector<std::string_view>& names);
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name, std::int64_t min,
                                                    std::int64_t max);
  // "1h", above 0.
  [[nodiscard]] std::optional<Duration> duration(std::string_view name);
  // RFC 3339, or integer nanoseconds.
  [[nodiscard]] std::optional<Instant> time(std::string_view name);
  // USD as a number or a decimal text, in micro-dollars.
  [[nodiscard]] std::optional<std::int64_t> usd(std::string_view name);

  // A mistake that only the reader can see.
  void reject(std::string_view field, std::string detail);

  // To be asked last: members that nobody read are mistakes, too.
  [[nodiscard]] std::optional<Problem> problem();

 private:
  struct Member {
    std::string name;
    FlatValue value;
  };

  // Null if it is absent or there was a mistake.
  [[nodiscard]] const FlatValue* find(std::string_view name);
  void reject_value(std::string_view name, std::string_view expected, const FlatValue& found);
  [[nodiscard]] std::optional<std::size_t> find_choice(std::string_view name,
                                                       const std::vector<std::string_view>& names);

  std::vector<Member> members_;
  std::vector<std::string_view> known_;
  std::optional<Problem> problem_;
};

}  // namespace fusebox::api::detail

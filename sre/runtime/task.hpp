// A function to run once, that may own what cannot be copied: std::function would refuse a lambda
// holding a Responder, and C++20 has no std::move_only_function.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "base/assert.hpp"

namespace fusebox::runtime {

class Task {
 public:
  Task() = default;
  template <class Function>
    requires(!std::is_same_v<std::remove_cvref_t<Function>, Task>)
  Task(Function&& function)  // NOLINT: implicit, as with std::function; moves are kept out above
      : body_(std::make_unique<Body<std::remove_cvref_t<Function>>>(
            std::forward<Function>(function))) {}

  explicit operator bool() const { return body_ != nullptr; }

  void operator()() {
    FUSEBOX_ASSERT(body_ != nullptr);
    body_->run();
  }

 private:
  struct Callable {
    virtual ~Callable() = default;
    virtual void run() = 0;
  };
  template <class Function>
  struct Body final : Callable {
    explicit Body(Function from) : function(std::move(from)) {}
    void run() override { function(); }
    Function function;
  };

  std::unique_ptr<Callable> body_;
};

}  // namespace fusebox::runtime

// Objects that are dear to make and hold memory worth keeping, lent to one user at a time.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace fusebox::api::detail {

// Any thread. As many exist as are lent at a time; of those that come back `idle_max` are kept.
template <class T>
class Pool : public std::enable_shared_from_this<Pool<T>> {
 public:
  using Make = std::function<std::unique_ptr<T>()>;
  Pool(std::size_t idle_max, Make make) : idle_max_(idle_max), make_(std::move(make)) {}

  // Comes back when its last owner lets it go; it may outlive the pool's other owners.
  [[nodiscard]] std::shared_ptr<T> lend() {
    return std::shared_ptr<T>(take().release(), [pool = this->shared_from_this()](T* object) {
      pool->give_back(std::unique_ptr<T>(object));
    });
  }

 private:
  std::unique_ptr<T> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<T> object = std::move(idle_.back());
        idle_.pop_back();
        return object;
      }
    }
    return make_();
  }
  void give_back(std::unique_ptr<T> object) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < idle_max_) idle_.push_back(std::move(object));
  }

  const std::size_t idle_max_;
  const Make make_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<T>> idle_;
};

}  // namespace fusebox::api::detail

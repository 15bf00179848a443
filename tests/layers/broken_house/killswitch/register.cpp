#include "killswitch/register.hpp"

int sum(const Register& self) {
  int total = 0;
  for (const auto& [scope, epoch] : orders_) total += epoch;
  return total + orders_.begin()->second;
}

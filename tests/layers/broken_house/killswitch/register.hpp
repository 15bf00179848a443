// Declares what register.cpp walks.
#pragma once

#include <string>
#include <unordered_map>

struct Register {
  std::unordered_map<std::string, int> orders_;
};

// The policy core may not know what is built upon it; and third-party types stay in sources.
#pragma once

#include <re2/re2.h>
#include <string>

#include "base/result.hpp"
#include "slo/window.hpp"

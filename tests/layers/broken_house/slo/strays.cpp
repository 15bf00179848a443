#include "slo/strays.hpp"

#include <openssl/sha.h>
#include <curl/curl.h>
#include <thread>
#include <vector>

#include "strays.hpp"
#include "policy/detail/parser.hpp"
#include "slo/detail/cascade.hpp"
// #include "sre/cli/table.hpp" in a comment is no include

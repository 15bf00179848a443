#include "sre/runtime/detail/asio.hpp"

#include <boost/asio/impl/src.hpp>

// Asio as this folder uses it: compiled once, in asio.cpp, which takes a second off every unit.
#pragma once

#define BOOST_ASIO_SEPARATE_COMPILATION
#define BOOST_ASIO_NO_DEPRECATED

#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>

namespace fusebox::runtime::detail {

namespace asio = boost::asio;
using ErrorStatus = boost::system::error_code;

// What one connection, listener or timer does runs one piece at a time, on whatever thread.
using Strand = asio::strand<asio::io_context::executor_type>;

using SteadyClock = std::chrono::steady_clock;
using SteadyTimer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Strand>;
// TCP and Unix alike.
using StreamSocket = asio::basic_stream_socket<asio::generic::stream_protocol, Strand>;

}  // namespace fusebox::runtime::detail

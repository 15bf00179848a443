#include "sre/runtime/endpoint.hpp"

#include <string>

#include <gtest/gtest.h>

namespace fusebox::runtime {
namespace {

TEST(Endpoint, ParsesAndPrintsItsShortestText) {
  struct Row {
    const char* text;
    const char* printed;
    bool loopback;
  };
  const Row rows[] = {
      {"127.0.0.1:7100", "127.0.0.1:7100", true},
      {"127.8.8.8:1", "127.8.8.8:1", true},
      {"0.0.0.0:80", "0.0.0.0:80", false},
      {"10.0.0.1:0", "10.0.0.1:0", false},
      {"localhost:65535", "localhost:65535", true},
      {"[::1]:7100", "[::1]:7100", true},
      {"[2001:db8::1]:7100", "[2001:db8::1]:7100", false},
      {"http://127.0.0.1:7100", "127.0.0.1:7100", true},
      {"http://hooks.example:80/", "hooks.example:80", false},
      {"unix:state/fusebox.sock", "unix:state/fusebox.sock", true},
      {"/run/fusebox/fusebox.sock", "unix:/run/fusebox/fusebox.sock", true},
      {"./state/fusebox.sock", "unix:./state/fusebox.sock", true},
  };
  for (const Row& row : rows) {
    const Result<Endpoint> endpoint = parse_endpoint(row.text);
    ASSERT_TRUE(endpoint) << row.text;
    EXPECT_EQ(endpoint_text(*endpoint), row.printed);
    EXPECT_EQ(is_loopback(*endpoint), row.loopback) << row.text;
    EXPECT_EQ(*parse_endpoint(row.printed), *endpoint);
  }
}

TEST(Endpoint, RefusesWhatIsNone) {
  const std::string long_path = "/" + std::string(107, 'x');
  const std::string rows[] = {"",        "7100",      "localhost",   ":7100",       "host:",
                              "host:x",  "host:-1",   "host:65536",  "host: 80",    "::1:7100",
                              "[::1]",   "[::1]7100", "[host]:7100", "user@host:1", "host/path:1",
                              "http://", "unix:",     long_path};
  for (const std::string& row : rows) {
    const Result<Endpoint> endpoint = parse_endpoint(row);
    ASSERT_FALSE(endpoint) << row;
    EXPECT_EQ(endpoint.error().code, ErrorCode::InvalidValue) << row;
  }
  EXPECT_TRUE(parse_endpoint("/" + std::string(106, 'x')));
}

TEST(Endpoint, SaysThatHttpsIsNotBuilt) {
  const Result<Endpoint> endpoint = parse_endpoint("https://hooks.example:443");
  ASSERT_FALSE(endpoint);
  EXPECT_EQ(endpoint.error().code, ErrorCode::NotYetSupported);
}

}  // namespace
}  // namespace fusebox::runtime

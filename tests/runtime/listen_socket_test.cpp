#include "sre/runtime/detail/listen_socket.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sre/runtime/detail/port_owner.hpp"
#include "tests/runtime/support.hpp"

namespace fusebox::runtime::detail {
namespace {

using testing::any_port;
using testing::TempDir;

std::string this_process() { return "by process " + std::to_string(::getpid()); }

TEST(ListenSocket, ReportsThePortTheSystemChose) {
  for (const char* host : {"127.0.0.1", "localhost"}) {
    const auto socket = open_listen_socket(TcpAddress{.host = host, .port = 0});
    ASSERT_TRUE(socket) << socket.error().message;
    const auto& bound = std::get<TcpAddress>(socket->bound);
    EXPECT_EQ(bound.host, host);
    EXPECT_NE(bound.port, 0);
  }
}

TEST(ListenSocket, NamesTheProcessThatHasThePort) {
  const auto first = open_listen_socket(any_port());
  ASSERT_TRUE(first);
  const auto second = open_listen_socket(first->bound);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::AddressInUse);
  EXPECT_NE(second.error().message.find(endpoint_text(first->bound)), std::string::npos);
  EXPECT_NE(second.error().message.find(this_process()), std::string::npos)
      << second.error().message;
}

TEST(ListenSocket, ListensOnAPathThatOnlyItsOwnerMayUse) {
  const TempDir folder;
  const std::string path = folder.path("s");
  {
    const auto socket = open_listen_socket(UnixAddress{path});
    ASSERT_TRUE(socket) << socket.error().message;
    struct stat file {};
    ASSERT_EQ(::stat(path.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777U, 0600U);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ListenSocket, LeavesALivingSocketAloneAndNamesItsOwner) {
  const TempDir folder;
  const std::string path = folder.path("s");
  const auto first = open_listen_socket(UnixAddress{path});
  ASSERT_TRUE(first);
  const auto second = open_listen_socket(UnixAddress{path});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::AddressInUse);
  EXPECT_NE(second.error().message.find(this_process()), std::string::npos)
      << second.error().message;
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(ListenSocket, ReplacesASocketWhoseOwnerIsGone) {
  const TempDir folder;
  const std::string path = folder.path("s");
  {
    // The file moves away before the object could remove it, as when a process is killed.
    const auto killed = open_listen_socket(UnixAddress{path});
    ASSERT_TRUE(killed);
    std::filesystem::rename(path, folder.path("kept"));
  }
  std::filesystem::rename(folder.path("kept"), path);
  const auto next = open_listen_socket(UnixAddress{path});
  EXPECT_TRUE(next) << next.error().message;
}

TEST(ListenSocket, NeverRemovesAFileThatIsNoSocket) {
  const TempDir folder;
  const std::string path = folder.path("precious");
  std::ofstream(path) << "data";
  const auto socket = open_listen_socket(UnixAddress{path});
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().code, ErrorCode::AddressUnusable);
  EXPECT_EQ(std::filesystem::file_size(path), 4U);
}

TEST(ListenSocket, RemovesOnlyItsOwnFile) {
  const TempDir folder;
  const std::string path = folder.path("s");
  {
    const auto first = open_listen_socket(UnixAddress{path});
    ASSERT_TRUE(first);
    std::filesystem::remove(path);
    std::ofstream(path) << "another's";
  }
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(ListenSocket, SaysWhyAnAddressCannotBeUsed) {
  const Endpoint rows[] = {TcpAddress{.host = "some.name", .port = 0},
                           TcpAddress{.host = "203.0.113.1", .port = 0},  // nobody's, RFC 5737
                           UnixAddress{"/no/such/folder/s"}};
  for (const Endpoint& endpoint : rows) {
    const auto socket = open_listen_socket(endpoint);
    ASSERT_FALSE(socket) << endpoint_text(endpoint);
    EXPECT_EQ(socket.error().code, ErrorCode::AddressUnusable);
    EXPECT_NE(socket.error().message.find(endpoint_text(endpoint)), std::string::npos);
  }
}

TEST(PortOwner, ReadsTheKernelsTable) {
  constexpr std::string_view kTable =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
      "inode\n"
      "   0: 0100007F:1BBC 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0 0 4711 1 x\n"
      "   1: 0100007F:1BBC 0100007F:9C40 01 00000000:00000000 00:00000000 00000000  0 0 4712 1 x\n"
      "   2: 0100007F:1BBD 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0 0 4713 1 x\n"
      "   3: 00000000000000000000000001000000:1BBC 0:0 0A 0:0 0:0 0 0 0 4714 1 x\n";
  EXPECT_EQ(listening_inodes(kTable, 7100), (std::vector<std::uint64_t>{4711, 4714}));
  EXPECT_EQ(listening_inodes(kTable, 7101), (std::vector<std::uint64_t>{4713}));
  EXPECT_TRUE(listening_inodes(kTable, 7102).empty());
  EXPECT_TRUE(listening_inodes("", 7100).empty());
  EXPECT_TRUE(listening_inodes(":\n\n: : :\nx:1BBC 0A", 7100).empty());
}

}  // namespace
}  // namespace fusebox::runtime::detail

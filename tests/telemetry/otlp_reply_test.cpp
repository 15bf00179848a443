// The bytes of answers, spelled out.
#include "telemetry/otlp_reply.hpp"

#include <gtest/gtest.h>

namespace fusebox::telemetry {
namespace {

using enum OtlpEncoding;

TEST(OtlpReply, FullSuccessIsTheEmptyMessage) {
  EXPECT_EQ(otlp_trace_reply(Protobuf, 0, ""), "");
  EXPECT_EQ(otlp_trace_reply(Json, 0, ""), "{}");
}

TEST(OtlpReply, RejectedSpansArePartialSuccess) {
  EXPECT_EQ(otlp_trace_reply(Protobuf, 300, "no agent"),
            std::string("\x0A\x0D\x08\xAC\x02\x12\x08no agent"));
  EXPECT_EQ(otlp_trace_reply(Json, 300, "no \"agent\""),
            R"({"partialSuccess":{"rejectedSpans":"300","errorMessage":"no \"agent\""}})");
}

TEST(OtlpReply, AWarningRejectsNothing) {
  EXPECT_EQ(otlp_trace_reply(Protobuf, 0, "hm"), std::string("\x0A\x04\x12\x02hm"));
  EXPECT_EQ(otlp_trace_reply(Json, 0, "hm"), R"({"partialSuccess":{"errorMessage":"hm"}})");
}

TEST(OtlpReply, ErrorsAreAStatus) {
  EXPECT_EQ(otlp_status_reply(Protobuf, RpcCode::InvalidArgument, "bad"),
            std::string("\x08\x03\x12\x03") + "bad");
  EXPECT_EQ(otlp_status_reply(Json, RpcCode::ResourceExhausted, "later"),
            R"({"code":8,"message":"later"})");
}

TEST(OtlpReply, AnswersAreInTheTypeOfTheRequest) {
  EXPECT_EQ(content_type_of(Protobuf), "application/x-protobuf");
  EXPECT_EQ(content_type_of(Json), "application/json");
}

}  // namespace
}  // namespace fusebox::telemetry

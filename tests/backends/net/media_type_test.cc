#include "backends/net/media_type.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace headgate::backends {
namespace {

TEST(MediaType, neither_case_nor_parameters_matter) {
  for (const std::string_view same :
       {"text/event-stream", "Text/Event-Stream", "TEXT/EVENT-STREAM; charset=utf-8",
        "text/event-stream;charset=utf-8", " text/event-stream ; q=\";\"", "text/event-stream\t;",
        "text/event-stream;"}) {
    EXPECT_TRUE(IsMediaType(same, "text/event-stream")) << same;
  }
  for (const std::string_view other :
       {"", ";", "text/event-streams", "text/event-strea", "text/event-stream2; charset=utf-8",
        "text/event stream", "application/json", "x; text/event-stream"}) {
    EXPECT_FALSE(IsMediaType(other, "text/event-stream")) << other;
  }
}

TEST(MediaType, what_counts_as_json) {
  for (const std::string_view json : {"application/json", "Application/JSON;charset=UTF-8",
                                      "text/json", "application/problem+json", "a/b+JSON ; x=y"}) {
    EXPECT_TRUE(IsJson(json)) << json;
  }
  for (const std::string_view other :
       {"", "+json", "text/html", "application/jsonl", "application/x-ndjson", "text/plain",
        "text/html; type=application/json"}) {
    EXPECT_FALSE(IsJson(other)) << other;
  }
}

TEST(MediaType, only_a_media_type_gets_into_a_log) {
  EXPECT_EQ(DescribeMediaType("Text/HTML; charset=utf-8"), "text/html");
  EXPECT_EQ(DescribeMediaType(""), "no content type");
  EXPECT_EQ(DescribeMediaType("; charset=utf-8"), "no content type");
  for (const std::string_view bad :
       {"html", "text/", "/html", "text/html/x", "text/ht ml", "a key: sk-1/2"}) {
    EXPECT_EQ(DescribeMediaType(bad), "a malformed content type") << bad;
  }
  EXPECT_EQ(DescribeMediaType("text/" + std::string(100, 'x')), "a malformed content type");
}

}  // namespace
}  // namespace headgate::backends

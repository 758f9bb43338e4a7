#include "backends/protocols/anthropic/parts/part_writer.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace headgate::backends::anthropic {
namespace {

TEST(PartWriter, SendsATextFileAsText) {
  const ContentPart file{.kind = ContentPart::Kind::kDocument,
                         .media_type = "text/plain;charset=utf-8",
                         .data = "SGkgw6k=",
                         .name = "a.txt"};
  std::string out;
  EXPECT_FALSE(AppendBlock(file, out));
  EXPECT_EQ(out, R"({"type":"document","source":{"type":"text","media_type":"text/plain",)"
                 R"("data":"Hi é"},"title":"a.txt"})");
}

TEST(PartWriter, RefusesATextFileThatIsNotBase64) {
  const ContentPart file{
      .kind = ContentPart::Kind::kDocument, .media_type = "text/plain", .data = "?"};
  std::string out;
  const std::optional<BodyProblem> problem = AppendBlock(file, out);
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->message, "The data of a document are not base64.");
}

TEST(PartWriter, AlwaysWritesAnObjectAsInput) {
  const auto input = [](std::string_view arguments) {
    std::string out;
    AppendInput(arguments, out);
    return out;
  };
  EXPECT_EQ(input(R"({"a":1})"), R"({"a":1})");
  EXPECT_EQ(input(""), "{}");
  EXPECT_EQ(input(" \n"), "{}");
  EXPECT_EQ(input("null"), "{}");
  EXPECT_EQ(input(" null "), "{}");
  EXPECT_EQ(input("[1]"), R"({"arguments":"[1]"})");
}

}  // namespace
}  // namespace headgate::backends::anthropic

#include "gateway/explain/explain_question.h"

#include <gtest/gtest.h>

#include <string>

namespace headgate::gateway {
namespace {

TEST(ExplainQuestion, may_leave_out_what_the_topic_model_saw) {
  const auto verbose = [](const std::string& member) {
    const QuestionRead read = ReadQuestion(R"({"request": {"model": "auto"})" + member + "}");
    EXPECT_TRUE(read.question) << read.error;
    return read.question && read.question->verbose;
  };
  EXPECT_TRUE(verbose(""));
  EXPECT_TRUE(verbose(R"(, "verbose": true)"));
  EXPECT_FALSE(verbose(R"(, "verbose": false)"));
}

TEST(ExplainQuestion, verbose_is_true_or_false_and_said_once) {
  for (const auto& [members, says] :
       {std::pair{R"("verbose": "yes")", "verbose is neither true nor false; send "},
        {R"("verbose": 1)", "verbose is neither true nor false; send "},
        {R"("verbose": true, "verbose": true)", "`verbose` occurs twice; send "},
        {R"("verbos": true)", "`verbos` is unknown; send "}}) {
    const QuestionRead read = ReadQuestion(R"({"request": {}, )" + std::string(members) + "}");
    EXPECT_FALSE(read.question) << members;
    EXPECT_TRUE(read.error.starts_with(says)) << read.error;
  }
}

}  // namespace
}  // namespace headgate::gateway

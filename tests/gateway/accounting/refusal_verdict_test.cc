#include "gateway/accounting/refusal_verdict.h"

#include <gtest/gtest.h>

#include <optional>
#include <string_view>
#include <utility>

#include "backends/protocols/errors/error_reader.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;
using backends::ErrorBody;
using backends::ReadErrorBody;

struct VerdictCase {
  const char* name;
  int status;
  std::string_view body;
  AttemptResult result;
  Blame blame = Blame::kReplica;
  std::string_view alert = {};  // a part of the alert; empty: no alert
};

void Expect(const VerdictCase& one, const RefusalContext& context) {
  SCOPED_TRACE(one.name);
  const ErrorBody body = ReadErrorBody(one.status, one.body, context.markup);
  const RefusalVerdict verdict = JudgeRefusal(body, context);
  EXPECT_EQ(verdict.result, one.result);
  EXPECT_EQ(verdict.blame, one.blame);
  EXPECT_EQ(verdict.alert.empty(), one.alert.empty()) << verdict.alert;
  EXPECT_NE(verdict.alert.find(one.alert), std::string_view::npos) << verdict.alert;
}

constexpr std::string_view kEmpty = "{}";

TEST(RefusalVerdict, SaysWhatAnAnswerMeansForItsAttempt) {
  const VerdictCase cases[] = {
      {"ours_400", 400, kEmpty, AttemptResult::kStatus4xx},
      {"too_large", 413, kEmpty, AttemptResult::kStatus4xx},
      {"unprocessable", 422, kEmpty, AttemptResult::kStatus4xx},
      {"long_head", 431, kEmpty, AttemptResult::kStatus4xx},
      {"key", 401, kEmpty, AttemptResult::kRejected, Blame::kReplica, "api_key"},
      {"key_in_a_400", 400, R"({"error":{"message":"Incorrect API key provided: x"}})",
       AttemptResult::kRejected, Blame::kReplica, "api_key"},
      {"right", 403, kEmpty, AttemptResult::kRejected, Blame::kModel, "forbids"},
      {"model", 404, kEmpty, AttemptResult::kRejected, Blame::kModel, "model"},
      {"model_in_a_400", 400, R"({"error":{"message":"Model Not Exist"}})",
       AttemptResult::kRejected, Blame::kModel, "model"},
      {"field", 404, R"({"error":{"message":"x","param":"tools"}})", AttemptResult::kStatus4xx},
      {"policy", 403, R"({"error":{"message":"x","code":"content_filter"}})",
       AttemptResult::kStatus4xx},
      {"method", 405, kEmpty, AttemptResult::kRejected, Blame::kModel, "url"},
      {"proxy", 407, kEmpty, AttemptResult::kRejected, Blame::kModel, "proxy"},
      {"gone", 410, kEmpty, AttemptResult::kRejected, Blame::kModel, "model"},
      {"misdirected", 421, kEmpty, AttemptResult::kRejected, Blame::kModel, "url"},
      {"upgrade", 426, kEmpty, AttemptResult::kRejected, Blame::kModel, "url"},
      {"thread", 404,
       R"({"type":"error","error":{"type":"not_found_error","message":"x","details":{"error_code":"thread_not_found"}}})",
       AttemptResult::kStatus4xx},
      {"thread_in_flight", 409,
       R"({"type":"error","error":{"type":"conflict_error","message":"x","details":{"error_code":"thread_continue_in_flight"}}})",
       AttemptResult::kStatus4xx},
      {"not_a_thread", 404,
       R"({"type":"error","error":{"type":"not_found_error","message":"model: x","details":{"error_code":"y"}}})",
       AttemptResult::kRejected, Blame::kModel, "model"},
      {"full", 429, kEmpty, AttemptResult::kStatus429},
      {"money", 402, kEmpty, AttemptResult::kNoCredit, Blame::kReplica, "money"},
      {"money_for_less", 402,
       R"({"error":{"message":"You requested up to 8000 tokens, but can only afford 2114"}})",
       AttemptResult::kNoCredit, Blame::kRequest, "money"},
      {"generation", 424, kEmpty, AttemptResult::kStatus5xx},
      {"timeout", 408, kEmpty, AttemptResult::kStatus5xx},
      {"conflict", 409, kEmpty, AttemptResult::kStatus5xx},
      {"locked", 423, kEmpty, AttemptResult::kStatus5xx},
      {"flex", 498, kEmpty, AttemptResult::kStatus5xx},
      {"server", 500, kEmpty, AttemptResult::kStatus5xx},
      {"overloaded", 529, kEmpty, AttemptResult::kStatus5xx},
  };
  for (const VerdictCase& one : cases) Expect(one, {});
}

// A request of one client must not cause a target to be passed over for other clients.
TEST(RefusalVerdict, BlamesARequestForWhatOthersMayNotMeet) {
  Expect({"completions_of_a_chat_model", 404,
          R"({"error":{"message":"This is a chat model","param":"model"}})",
          AttemptResult::kRejected, Blame::kRequest, "model"},
         {.usual_endpoint = false});
  Expect({"firewall", 403, "<html>no</html>", AttemptResult::kRejected, Blame::kRequest, "page"},
         {.markup = true});
  Expect({"no_such_page", 404, "<html>no</html>", AttemptResult::kRejected, Blame::kModel, "url"},
         {.markup = true});
}

TEST(RefusalVerdict, AnErrorInsideAnAnswerHasTheStatusThatItSaysOrMeans) {
  const std::pair<std::string_view, int> cases[] = {
      {R"({"error":{"message":"boom","code":503}})", 503},
      {R"({"error":{"message":"x","code":"context_length_exceeded"}})", 400},
      {R"({"error":{"message":"x","code":"content_filter"}})", 400},
      {R"({"error":{"message":"x","code":"insufficient_quota"}})", 402},
      {R"({"error":{"message":"x","code":"invalid_api_key"}})", 401},
      {R"({"error":{"message":"x","code":"model_not_found"}})", 404},
      {R"({"error":{"message":"x","code":"invalid_prompt"}})", 400},
      {R"({"error":{"message":"x","code":"rate_limit_exceeded"}})", 429},
      {R"({"type":"error","code":"rate_limit_exceeded","message":"x","param":null})", 429},
      {R"({"error":{"message":"x","code":"server_error"}})", 500},
      {R"({"error":{"type":"server_error","code":"context_length_exceeded"}})", 400},
      {R"({"error":{"type":"invalid_request_error","code":"rate_limit_exceeded"}})", 429},
      {R"({"error":{"type":"invalid_request_error","code":"invalid_api_key"}})", 401},
      {R"({"type":"error","error":{"type":"invalid_request_error","message":"x"}})", 400},
      {R"({"type":"error","error":{"type":"overloaded_error","message":"x"}})", 503},
      {R"({"type":"error","error":{"type":"timeout_error","message":"x"}})", 504},
      {R"({"id":"r","status":"failed","output":[],"error":{"code":"invalid_prompt","message":"x"}})",
       400},
      {R"({"id":"r","status":"cancelled","output":[],"error":null})", 0},
      {R"({"error":{"message":"boom"}})", 0},
  };
  for (const auto& [body, status] : cases) {
    EXPECT_EQ(ImpliedStatus(ReadErrorBody(0, body)), status) << body;
  }
}

TEST(RefusalVerdict, TakesAMomentToComeBackForARateLimit) {
  const std::string_view words =
      R"({"error":{"message":"Quota exceeded, check your plan and billing details"}})";
  const VerdictCase rate_limit{"soon", 429, words, AttemptResult::kStatus429};
  const VerdictCase no_credit{"never",         429,    words, AttemptResult::kNoCredit,
                              Blame::kReplica, "money"};
  Expect(rate_limit, {.retry_after = std::chrono::seconds(12)});
  Expect(no_credit, {});
  Expect(no_credit, {.retry_after = std::chrono::hours(24)});
  Expect({"in_the_body", 429,
          R"([{"error":{"message":"check your plan and billing details",
               "details":[{"retryDelay":"12s"}]}}])",
          AttemptResult::kStatus429},
         {});
  // The code insufficient_quota is clear even beside a Retry-After.
  Expect({"code", 429, R"({"error":{"message":"x","code":"insufficient_quota"}})",
          AttemptResult::kNoCredit, Blame::kReplica, "money"},
         {.retry_after = std::chrono::seconds(1)});
}

}  // namespace
}  // namespace headgate::gateway

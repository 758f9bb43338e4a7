#include "backends/protocols/errors/error_kinds.h"

#include <algorithm>
#include <cctype>
#include <span>
#include <string>

#include "config/base/text.h"

namespace headgate::backends {
namespace {

constexpr std::size_t kLongestCode = 128;

bool IsWordCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// Letters and digits in lower case: "DataInspectionFailed" is "data_inspection_failed".
std::string Folded(std::string_view code) {
  std::string folded;
  for (const char c : code.substr(0, kLongestCode)) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) folded += config::Lowered(c);
  }
  return folded;
}

std::size_t Find(std::string_view text, std::string_view lower_case, std::size_t from = 0) {
  const auto found =
      std::search(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), lower_case.begin(),
                  lower_case.end(), [](char a, char b) { return config::Lowered(a) == b; });
  return found == text.end() ? std::string_view::npos
                             : static_cast<std::size_t>(found - text.begin());
}

bool Contains(std::string_view text, std::string_view lower_case) {
  return Find(text, lower_case) != std::string_view::npos;
}

// As a whole name: "stream_options" is not in "stream_options_v2".
bool Names(std::string_view text, std::string_view lower_case) {
  for (std::size_t at = Find(text, lower_case); at != std::string_view::npos;
       at = Find(text, lower_case, at + 1)) {
    const std::size_t end = at + lower_case.size();
    const bool begins = at == 0 || !IsWordCharacter(text[at - 1]);
    if (begins && (end == text.size() || !IsWordCharacter(text[end]))) return true;
  }
  return false;
}

// --- context too long ----------------------------------------------------------------------------

constexpr std::string_view kTooLongCodes[] = {
    "contextlengthexceeded",         // OpenAI, Azure, Groq
    "exceedcontextsizeerror",        // llama.cpp
    "contextwindowexceedederror",    // LiteLLM
    "modelmaxprompttokensexceeded",  // GitHub Copilot
    "tokenslimitreached",            // GitHub Models
};

// Words of servers that have no code for it. They mean it whenever they refuse.
constexpr std::string_view kTooLongPhrases[] = {
    "context length",                // vLLM, SGLang, Mistral, DeepSeek, Together
    "context size",                  // llama.cpp
    "context window",                // OpenAI, MiniMax
    "context limit",                 // Anthropic
    "prompt is too long",            // Anthropic, Fireworks
    "input is too long",             // Bedrock, Hugging Face
    "maximum model length",          // vLLM
    "maximum prompt length",         // xAI
    "`max_new_tokens` must be <=",   // TGI
    "`inputs` must have less than",  // TGI
    "input token count",             // Gemini
    "exceeded model token limit",    // Moonshot
    "range of input length",         // Alibaba Model Studio
    "too many tokens",               // Cohere
};

// --- content policy ------------------------------------------------------------------------------

constexpr std::string_view kPolicyCodes[] = {
    "contentfilter",                 // Azure, Moonshot
    "contentpolicyviolation",        // OpenAI
    "contentpolicyviolationerror",   // LiteLLM
    "responsibleaipolicyviolation",  // Azure, in `innererror`
    "moderationblocked",             // OpenAI
    "imagecontentpolicyviolation",   // OpenAI, of a response
    "datainspectionfailed",          // Alibaba Model Studio, error-code page, 2026
    "inputtextriskdetection",        // Volcengine Ark, docs 82379/1099476, 2026
    "inputimageriskdetection",
    "outputtextriskdetection",
    "sensitivecontentdetected",
};

constexpr std::string_view kPolicyPhrases[] = {
    "content exists risk",        // DeepSeek
    "content filtering policy",   // Anthropic
    "content management policy",  // Azure
    "requires moderation",        // OpenRouter, 403
};

// --- no money ------------------------------------------------------------------------------------

// Codes and types that say that our account there has no money or no quota left. Waiting does not
// help then.
constexpr std::string_view kExhaustedCodes[] = {
    "insufficientquota",       // OpenAI 429; learn.microsoft.com dev-proxy, 2026
    "creditbalanceexhausted",  // OpenAI 429, the same page, like the next three
    "organizationspendlimitexceeded",
    "projectspendlimitexceeded",
    "organizationusagelimitexceeded",
    "billinghardlimitreached",    // OpenAI 400
    "billingnotactive",           // OpenAI 429
    "billingerror",               // Anthropic 402; docs.anthropic.com errors, 2026
    "enforcedspendlimitreached",  // Anthropic 429
    "exceededcurrentquotaerror",  // Moonshot 429; MoonshotAI/kimi-code pull 1857
    "arrearage",                  // Alibaba 400; help.aliyun.com model-studio/error-code
    "accountarrearage",
    "accountoverdueerror",               // Volcengine Ark 403; docs 82379/1299023
    "personalteamblockedspendinglimit",  // xAI 403; tetsuo-ai/agenc-core pull 2483
    "billingdisabled",                   // Google 403, `reason`
    "invalidpaymentinstrument",          // Bedrock 403
    "paymentrequired",                   // OpenRouter, Gemini 402
    "insufficientbalance",
    "insufficientcredits",
    "insufficientfunds",
    "spendlimitexceeded",
    "1113",  // Zhipu 429: in arrears
};

// Sentences of servers that have no code for it. A 403 or 429 may hold them anywhere. A 400 has to
// begin with them, since a 400 may quote what the client wrote.
constexpr std::string_view kExhaustedPhrases[] = {
    "your credit balance is too low",       // Anthropic 400; portkey.ai error library 10489
    "billing hard limit has been reached",  // OpenAI 400
    "access denied, please make sure your account is in good standing",  // Alibaba 400
    "insufficient balance",  // DeepSeek 402, Moonshot 429
    "insufficient account balance",
    "insufficient credit",
    "insufficient fund",
    "balance is insufficient",  // SiliconFlow 403
    "all available credits",    // xAI 429; continuedev/continue issue 10373
    "out of credits",           // xAI 403
    "have any credits",         // xAI 403
    "not enough credits",
    "monthly included credits",  // Hugging Face 402
    "overdue balance",           // Volcengine Ark 403
    "payment required",
    "check your plan and billing",                       // OpenAI 429, W&B 402
    "check your billing details",                        // OpenAI 429
    "spend limit",                                       // Groq 400, 429
    "\xE4\xBD\x99\xE9\xA2\x9D\xE4\xB8\x8D\xE8\xB6\xB3",  // "balance not enough": Zhipu 429
    "\xE6\xAC\xA0\xE8\xB4\xB9",                          // "in arrears": Alibaba, Zhipu
};

// OpenRouter 402: "You requested up to 8000 tokens, but can only afford 2114."
constexpr std::string_view kTooDearPhrases[] = {"can only afford", "fewer max_tokens"};

// Gemini says "check your plan and billing" of a limit per minute. An answer that says when to come
// back means a rate limit.
constexpr std::string_view kWaitPhrases[] = {"retry in ", "try again in ", "retry after "};

// --- our key, our name for the model -------------------------------------------------------------

// Codes of servers that answer 400 to a key that they do not know.
constexpr std::string_view kKeyCodes[] = {
    "apikeyinvalid",  // Google 400, `reason`; cequence-io/openai-scala-client issue 109
    "apikeyexpired",
    "invalidapikey",  // OpenAI 401
};

// A 400 has to begin with these words.
constexpr std::string_view kKeyPhrases[] = {
    "api key not valid",           // Gemini
    "api key expired",             // Gemini
    "incorrect api key provided",  // xAI; openai/codex issue 1352
    "invalid api key",
};

// The model's name at the backend comes from our configuration, so it is not the client's fault.
constexpr std::string_view kModelCodes[] = {
    "modelnotfound",      // OpenAI, Groq 404
    "invalidmodel",       // Mistral 400
    "modelnotavailable",  // Together 400
    "modelnotsupported",  // GitHub Copilot 400
};

constexpr std::string_view kModelPhrases[] = {
    "model not exist",  // DeepSeek; langbot-app/LangBot issue 1643
    "invalid model:",   // Mistral
    "invalid model id",
    "invalid model name",  // LiteLLM
};

// OpenRouter: "x/y is not a valid model ID".
constexpr std::string_view kNoModelId = " is not a valid model id";

bool BeginsWithAny(std::span<const std::string_view> phrases, std::string_view message) {
  return std::any_of(phrases.begin(), phrases.end(),
                     [&](std::string_view phrase) { return Find(message, phrase) == 0; });
}

bool SaysModelUnknown(std::string_view message) {
  const std::size_t blank = message.find(' ');
  return BeginsWithAny(kModelPhrases, message) ||
         (blank != std::string_view::npos && Find(message.substr(blank), kNoModelId) == 0);
}

constexpr std::string_view kStreamOptionsNames[] = {
    "stream_options", "include_usage", "stream options", "stream-options", "streamoptions"};

// --- status --------------------------------------------------------------------------------------

struct StatusOfCode {
  std::string_view code;
  int status;
};

// Errors inside an answer have no status but this. OpenAI's codes, of a response that failed:
// openai-openapi 2.3.0, August 2026. Anthropic's types: docs.claude.com/en/api/errors, November
// 2026.
constexpr StatusOfCode kStatusCodes[] = {
    {"ratelimitexceeded", 429},
    {"ratelimiterror", 429},
    {"toomanyrequests", 429},
    {"invalidprompt", 400},
    {"invalidrequesterror", 400},
    {"badrequesterror", 400},  // vLLM
    {"invalidimage", 400},
    {"invalidimageformat", 400},
    {"invalidbase64image", 400},
    {"invalidimageurl", 400},
    {"invalidimagemode", 400},
    {"imagetoolarge", 400},
    {"imagetoosmall", 400},
    {"imageparseerror", 400},
    {"imagefiletoolarge", 400},
    {"imagefilenotfound", 400},
    {"unsupportedimagemediatype", 400},
    {"emptyimagefile", 400},
    {"failedtodownloadimage", 400},
    {"authenticationerror", 401},
    {"billingerror", 402},
    {"permissionerror", 403},
    {"notfounderror", 404},
    {"requesttoolarge", 413},
    {"servererror", 500},
    {"apierror", 500},
    {"overloadederror", 503},
    {"serverisoverloaded", 503},
    {"timeouterror", 504},
    {"vectorstoretimeout", 504},
};

int StatusOf(std::string_view folded_code) {
  const auto* const found =
      std::find_if(std::begin(kStatusCodes), std::end(kStatusCodes),
                   [&](const StatusOfCode& row) { return row.code == folded_code; });
  return found == std::end(kStatusCodes) ? 0 : found->status;
}

// --- all of them ---------------------------------------------------------------------------------

bool Any(std::span<const std::string_view> phrases, std::string_view text) {
  return std::any_of(phrases.begin(), phrases.end(),
                     [&](std::string_view phrase) { return Contains(text, phrase); });
}

bool SaysExhausted(int status, std::string_view message) {
  if (status == 400) return BeginsWithAny(kExhaustedPhrases, message);
  return (status == 403 || status == 429) && Any(kExhaustedPhrases, message) &&
         !Any(kWaitPhrases, message);
}

}  // namespace

void LearnFromCode(std::string_view code, ErrorKinds& kinds) {
  const std::string folded = Folded(code);
  const auto is_in = [&](std::span<const std::string_view> codes) {
    return std::find(codes.begin(), codes.end(), folded) != codes.end();
  };
  kinds.context_too_long |= is_in(kTooLongCodes);
  kinds.content_policy |= is_in(kPolicyCodes);
  kinds.account_exhausted |= is_in(kExhaustedCodes);
  kinds.key_rejected |= is_in(kKeyCodes);
  kinds.model_unknown |= is_in(kModelCodes);
  if (kinds.status == 0) kinds.status = StatusOf(folded);
}

// https://platform.minimax.io/docs/api-reference/errorcode, November 2026.
int LearnFromMiniMaxCode(std::int64_t code, ErrorKinds& kinds) {
  switch (code) {
    case 1002:  // rate limit
      return 429;
    case 1004:  // not authorized
    case 2049:  // invalid API key
      return 401;
    case 1008:
      kinds.account_exhausted = true;
      return 402;
    case 1026:  // the input is sensitive
    case 1027:  // the output is sensitive
      kinds.content_policy = true;
      return 400;
    case 2013:  // invalid parameters
      return 400;
    default:
      return 0;
  }
}

void LearnFromMessage(int status, std::string_view message, ErrorKinds& kinds) {
  const bool refusal = status >= 400 && status < 500 && status != 429;
  kinds.context_too_long |= refusal && Any(kTooLongPhrases, message);
  kinds.content_policy |= refusal && Any(kPolicyPhrases, message);
  kinds.account_exhausted |= status == 402;
  kinds.exhausted_by_words |= SaysExhausted(status, message);
  kinds.costs_too_much |= Any(kTooDearPhrases, message);
  kinds.key_rejected |= refusal && BeginsWithAny(kKeyPhrases, message);
  kinds.model_unknown |= refusal && SaysModelUnknown(message);
  kinds.names_stream_options |=
      (status == 400 || status == 422) &&
      std::any_of(std::begin(kStreamOptionsNames), std::end(kStreamOptionsNames),
                  [&](std::string_view name) { return Names(message, name); });
}

}  // namespace headgate::backends

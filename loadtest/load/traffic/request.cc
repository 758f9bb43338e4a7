#include "loadtest/load/traffic/request.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cctype>
#include <random>

namespace headgate::loadtest::load {
namespace {

constexpr std::array<std::string_view, 32> kWords = {
    "the",    "river", "carries", "more",  "than",   "water", "in",      "spring",
    "people", "speak", "of",      "old",   "houses", "and",   "of",      "trees",
    "that",   "stood", "before",  "roads", "came",   "light", "moves",   "slowly",
    "across", "a",     "table",   "where", "bread",  "waits", "someone", "sings"};

std::string Quoted(std::string_view text) {
  return boost::json::serialize(boost::json::string(text));
}

std::string_view PathOf(Endpoint endpoint) {
  switch (endpoint) {
    case Endpoint::kChat:
      return "/chat/completions";
    case Endpoint::kCompletions:
      return "/completions";
    case Endpoint::kEmbeddings:
      return "/embeddings";
  }
  return "";
}

// The body whose prompt is the member `name` with the JSON `prompt`.
std::string BodyWith(const MixEntry& entry, std::string_view name, std::string_view prompt) {
  std::string body = "{\"model\":" + Quoted(entry.model);
  body.append(",\"").append(name).append("\":").append(prompt);
  if (entry.max_tokens) body += ",\"max_tokens\":" + std::to_string(*entry.max_tokens);
  if (entry.stream) body += ",\"stream\":true";
  if (!entry.extra.empty()) body += "," + entry.extra;
  return body + "}";
}

bool HasHeader(const MixEntry& entry, std::string_view name) {
  return std::any_of(entry.headers.begin(), entry.headers.end(), [&](const auto& header) {
    return std::equal(header.first.begin(), header.first.end(), name.begin(), name.end(),
                      [](char a, char b) { return std::tolower(a) == b; });
  });
}

}  // namespace

std::string Prose(std::size_t bytes, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string text;
  while (text.size() < bytes) {
    text += kWords[random() % kWords.size()];
    text += random() % 12 == 0 ? ". " : " ";
  }
  text.resize(bytes);
  return text;
}

std::string BodyOf(const MixEntry& entry, std::string_view messages, std::uint64_t seed) {
  if (!messages.empty() && entry.endpoint == Endpoint::kChat) {
    return BodyWith(entry, "messages", messages);
  }
  if (!entry.text.empty()) return BodyOfText(entry, entry.text);
  return BodyOfText(entry,
                    Prose(entry.prompt_bytes > 0 ? entry.prompt_bytes : kUsualPromptBytes, seed));
}

std::string BodyOfText(const MixEntry& entry, const std::string& text) {
  switch (entry.endpoint) {
    case Endpoint::kChat:
      return BodyWith(entry, "messages", R"([{"role":"user","content":)" + Quoted(text) + "}]");
    case Endpoint::kCompletions:
      return BodyWith(entry, "prompt", Quoted(text));
    case Endpoint::kEmbeddings:
      return BodyWith(entry, "input", Quoted(text));
  }
  return {};
}

std::string HttpRequest(const MixEntry& entry, std::string_view host, std::string_view base,
                        std::string_view key, std::string_view body) {
  std::string request = "POST ";
  request.append(base).append(PathOf(entry.endpoint)).append(" HTTP/1.1\r\nHost: ").append(host);
  request += "\r\nContent-Type: application/json\r\nUser-Agent: headgate-load\r\n";
  if (!key.empty() && !HasHeader(entry, "authorization")) {
    request.append("Authorization: Bearer ").append(key).append("\r\n");
  }
  for (const auto& [name, value] : entry.headers) {
    request.append(name).append(": ").append(value).append("\r\n");
  }
  request += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  return request.append(body);
}

}  // namespace headgate::loadtest::load

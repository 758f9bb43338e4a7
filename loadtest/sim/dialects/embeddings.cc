#include "loadtest/sim/dialects/embeddings.h"

#include <openssl/evp.h>

#include <array>
#include <bit>
#include <charconv>
#include <random>
#include <vector>

#include "loadtest/sim/base/json_text.h"

namespace headgate::loadtest::sim {
namespace {

// Numbers in [-1, 1) with at most 24 significant bits, so that float32 holds them exactly.
float Next(std::mt19937_64& generator) {
  return static_cast<float>(static_cast<std::int64_t>(generator() >> 40U) - (1 << 23)) /
         static_cast<float>(1 << 23);
}

void AppendFloats(std::string& out, std::mt19937_64& generator, std::int64_t count) {
  out += '[';
  for (std::int64_t i = 0; i < count; ++i) {
    std::array<char, 32> digits;
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + 32, Next(generator));
    if (i > 0) out += ',';
    if (error == std::errc{}) out.append(digits.data(), end);
  }
  out += ']';
}

void AppendBase64(std::string& out, std::mt19937_64& generator, std::int64_t count) {
  std::vector<unsigned char> raw;  // little-endian float32
  for (std::int64_t i = 0; i < count; ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(Next(generator));
    for (unsigned shift = 0; shift < 32; shift += 8) {
      raw.push_back(static_cast<unsigned char>((bits >> shift) & 0xFFU));
    }
  }
  // EVP_EncodeBlock ends its text with a zero byte.
  std::vector<unsigned char> text(4 * ((raw.size() + 2) / 3) + 1);
  EVP_EncodeBlock(text.data(), raw.data(), static_cast<int>(raw.size()));
  out.append("\"").append(text.begin(), text.end() - 1).append("\"");
}

}  // namespace

std::string EmbeddingsJson(const CompletionRequest& request, const std::optional<Usage>& usage) {
  std::string out = R"({"object":"list","data":[)";
  for (std::size_t i = 0; i < request.inputs.size(); ++i) {
    if (i > 0) out += ',';
    out.append(R"({"object":"embedding","index":)").append(std::to_string(i));
    out.append(R"(,"embedding":)");
    std::mt19937_64 generator(request.inputs[i]);
    if (request.base64) {
      AppendBase64(out, generator, request.dimensions);
    } else {
      AppendFloats(out, generator, request.dimensions);
    }
    out += '}';
  }
  out.append(R"(],"model":")");
  AppendEscaped(out, request.model);
  out += '"';
  if (usage) {
    const std::string count = std::to_string(usage->input);
    out.append(R"(,"usage":{"prompt_tokens":)").append(count);
    out.append(R"(,"total_tokens":)").append(count).append("}");
  }
  return out + "}";
}

}  // namespace headgate::loadtest::sim

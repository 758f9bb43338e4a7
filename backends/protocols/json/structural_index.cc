#include "backends/protocols/json/structural_index.h"

#include <simdjson.h>

#include <algorithm>

namespace headgate::backends::json {
namespace {

constexpr std::size_t kSmallest = 64u << 10;
constexpr std::size_t kLargestKept = 1u << 20;  // bytes of text; the index takes four times that

}  // namespace

// On-demand 3.0 hides its index and lacks two things that a proxy needs. It does not match bracket
// kinds in values it skips, and its walk is compiled for the baseline instruction set, where it is
// simdjson's byte-wise fallback. The first stage is chosen at run time, so only that stage is used;
// JsonCursor does the walk.
struct StructuralIndex::Impl {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage;
};

StructuralIndex::StructuralIndex() : impl_(std::make_unique<Impl>()) {}
StructuralIndex::~StructuralIndex() = default;

StructuralIndex::Fault StructuralIndex::Build(const char* text, std::size_t size) {
  if (size == 0) return Fault::kNoTokens;
  auto& stage = impl_->stage;
  if (!stage || stage->capacity() < size) {
    stage.reset();
    const auto error = simdjson::get_active_implementation()->create_dom_parser_implementation(
        std::max(kSmallest, size + size / 4), 1, stage);
    if (error != simdjson::SUCCESS) {
      stage.reset();
      return Fault::kTooLong;
    }
  }
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text);
  switch (stage->stage1(bytes, size, simdjson::stage1_mode::regular)) {
    case simdjson::SUCCESS:
      return Fault::kNone;
    case simdjson::EMPTY:
      return Fault::kNoTokens;
    case simdjson::UTF8_ERROR:
      return Fault::kNotUtf8;
    case simdjson::UNCLOSED_STRING:
      return Fault::kOpenString;
    case simdjson::UNESCAPED_CHARS:
      return Fault::kControlInString;
    default:
      return Fault::kTooLong;
  }
}

std::span<const std::uint32_t> StructuralIndex::tokens() const {
  return {impl_->stage->structural_indexes.get(), impl_->stage->n_structural_indexes};
}

void StructuralIndex::Trim() {
  if (impl_->stage && impl_->stage->capacity() > kLargestKept) impl_->stage.reset();
}

}  // namespace headgate::backends::json

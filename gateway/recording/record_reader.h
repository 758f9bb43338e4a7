#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "routing/replay/recorded.h"
#include "simdjson.h"

namespace headgate::gateway {

// Reads the lines of a recording (record_text.h). A line that is not valid, or refers to something
// that no earlier policy line names, is kMalformed and changes nothing: a daemon that was killed
// leaves half a line behind. Unknown fields are ignored. Policies that are the same in several
// files are read once, so their addresses identify them. Thread-compatible.
class RecordReader {
 public:
  enum class Line : std::uint8_t { kRequest, kPolicy, kMalformed, kOtherVersion };

  // Bytes behind a line that can be read, whatever they hold.
  static constexpr std::size_t kPadding = simdjson::SIMDJSON_PADDING;

  // `line` is without its '\n'. REQUIRES: kPadding bytes behind it can be read. kRequest: request()
  // has the request, until the next call.
  Line Read(std::string_view line);
  const routing::RecordedRequest& request() const { return request_; }

 private:
  // Returns false if `line` is not an object.
  bool Begin(std::string_view line, simdjson::ondemand::document& document,
             simdjson::ondemand::object& fields);
  Line ReadPolicy(std::string_view line);
  bool ReadField(std::string_view key, simdjson::ondemand::value item);
  bool ReadGeneration(simdjson::ondemand::value item);
  static bool ReadIndex(simdjson::ondemand::value item, std::size_t below,
                        std::optional<std::size_t>& out);
  static bool ReadBits(simdjson::ondemand::value item, std::uint64_t& out);
  bool ReadNativeOnly(simdjson::ondemand::value item);
  bool ReadFacts(simdjson::ondemand::value item);
  bool ReadLoad(simdjson::ondemand::value item);
  bool ReadDecided(simdjson::ondemand::value item);
  bool ReadCalls(simdjson::ondemand::value item);
  bool ReadTargets(simdjson::ondemand::value item, absl::InlinedVector<std::size_t, 2>& out) const;

  simdjson::ondemand::parser parser_;
  routing::RecordedRequest request_;
  bool has_load_ = false;
  bool has_decision_ = false;
  std::vector<std::unique_ptr<const routing::RecordedPolicy>> policies_;
  absl::flat_hash_map<std::string, const routing::RecordedPolicy*> by_text_;
  absl::flat_hash_map<std::uint64_t, const routing::RecordedPolicy*> by_generation_;
};

}  // namespace headgate::gateway

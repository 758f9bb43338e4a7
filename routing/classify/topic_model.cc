#include "routing/classify/topic_model.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <system_error>
#include <utility>

#include "config/base/check.h"
#include "config/base/text.h"
#include "routing/classify/classifier.h"
#include "routing/classify/shipped_topics.h"
#include "routing/text/fnv.h"

namespace headgate::routing {
namespace {

using config::Concat;
using std::string_view;

// The file: one line of text, so that people and the configuration can read what it is; then the
// numbers in little-endian order; then the FNV-1a checksum of all bytes before it.
constexpr string_view kMagic = "headgate-topics";
constexpr int kFormat = 2;
// Separates a topic from the topic that it is a kind of: "sql:code".
constexpr string_view kKindMark = ":";
// Stands behind the topics if the last column is that of bare texts. No topic begins like this.
constexpr string_view kBareColumn = "-bare";

template <typename T>
void Append(const T& value, std::string& out) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}
template <typename T>
T Take(string_view& bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), sizeof(T));
  bytes.remove_prefix(sizeof(T));
  return value;
}

std::size_t StrideOf(std::size_t topics) { return topics <= 4 ? 4 : topics <= 8 ? 8 : 16; }

constexpr string_view kMakeOne = "make one with `headgate train`";
constexpr string_view kCopyAgain = "copy it again from where it was trained";

// What is wrong, then what to do.
absl::Status Wrong(string_view what, string_view fix) {
  return absl::InvalidArgumentError(Concat(what, "; ", fix));
}

// `format` is what the file has, such as "2.3".
absl::Status WrongFormat(string_view format) {
  int major = 0;
  int features = 0;
  const auto [dot, bad] = std::from_chars(format.data(), format.data() + format.size(), major);
  const bool whole = bad == std::errc() && dot != format.data() + format.size() && *dot == '.';
  if (whole) std::from_chars(dot + 1, format.data() + format.size(), features);
  const bool newer = std::pair(major, features) > std::pair(kFormat, kFeatureGeneration);
  return Wrong(Concat("was made by ", newer ? "a newer" : "an older", " headgate: its format is ",
                      format, ", and this program reads ", kFormat, ".", kFeatureGeneration),
               newer ? "update headgate, or train the model with this version"
                     : "train the model again with this version");
}

struct Heading {
  std::vector<std::string> topics;
  std::vector<Topic> kinds;
  bool tells_bare = false;
};

// The names in the first line. Fails for another format or other features.
absl::StatusOr<Heading> TopicsOf(string_view line) {
  std::vector<string_view> words;
  for (std::size_t space = 0; space != string_view::npos; line.remove_prefix(space + 1)) {
    space = line.find(' ');
    words.push_back(line.substr(0, space));
    if (space == string_view::npos) break;
  }
  if (words.size() < 3 || words[0] != kMagic) return Wrong("is not a topic model", kMakeOne);
  if (words[1] != Concat(kFormat, ".", kFeatureGeneration)) return WrongFormat(words[1]);
  Heading heading;
  if (words.back() == kBareColumn) {
    heading.tells_bare = true;
    words.pop_back();
  }
  for (std::size_t i = 2; i < words.size(); ++i) {
    const std::size_t mark = std::min(words[i].find(kKindMark), words[i].size());
    const string_view kind = words[i].substr(std::min(mark + 1, words[i].size()));
    heading.topics.emplace_back(words[i].substr(0, mark));
    heading.kinds.push_back(kind == ToString(Topic::kCode)   ? Topic::kCode
                            : kind == ToString(Topic::kMath) ? Topic::kMath
                                                             : Topic::kGeneral);
  }
  const std::size_t count = heading.topics.size();
  if (count < 2 || count + (heading.tells_bare ? 1 : 0) > kMostTopics) {
    return Wrong(Concat("has ", count, " topics instead of 2 to ", kMostTopics), kMakeOne);
  }
  return heading;
}

float Scale(std::vector<float>::const_iterator begin, std::vector<float>::const_iterator end) {
  float most = 1e-6f;
  for (auto at = begin; at != end; ++at) most = std::max(most, std::abs(*at));
  return most / 127;
}

}  // namespace

void TopicModel::NameTopics(std::vector<std::string> topics, std::vector<Topic> kinds) {
  topics_ = std::move(topics);
  kinds_ = std::move(kinds);
  kinds_.resize(topics_.size(), Topic::kGeneral);
  auto next = static_cast<std::uint8_t>(kTopicNames.size());
  for (const std::string& topic : topics_) {
    const auto built_in = std::find(kTopicNames.begin(), kTopicNames.end(), topic);
    meanings_.push_back(built_in == kTopicNames.end()
                            ? static_cast<Topic>(next++)
                            : static_cast<Topic>(built_in - kTopicNames.begin()));
  }
}

TopicModel TopicModel::Quantised(const Weights& weights) {
  TopicModel model;
  model.NameTopics(weights.topics, weights.kinds);
  model.bias_ = weights.bias;
  model.tells_bare_ = weights.tells_bare;
  model.calibrations_ = weights.calibrations;
  const std::size_t count = model.columns();
  HEADGATE_CHECK(weights.rows.size() == kFeatureRows * count);
  model.stride_ = StrideOf(count);
  model.rows_.assign(kFeatureRows * model.stride_, 0);
  const auto words = weights.rows.begin() + static_cast<std::ptrdiff_t>(kShapeRows * count);
  model.shape_scale_ = Scale(weights.rows.begin(), words);
  model.word_scale_ = Scale(words, weights.rows.end());
  for (std::size_t row = 0; row < kFeatureRows; ++row) {
    const float scale = row < kShapeRows ? model.shape_scale_ : model.word_scale_;
    for (std::size_t t = 0; t < count; ++t) {
      model.rows_[row * model.stride_ + t] =
          static_cast<std::int8_t>(std::lround(weights.rows[row * count + t] / scale));
    }
  }
  return model;
}

std::string TopicModel::Serialise() const {
  std::string out = Concat(kMagic, " ", kFormat, ".", kFeatureGeneration);
  for (std::size_t t = 0; t < topics_.size(); ++t) {
    out += Concat(" ", topics_[t]);
    if (kinds_[t] != Topic::kGeneral) out += Concat(kKindMark, ToString(kinds_[t]));
  }
  if (tells_bare_) out += Concat(" ", kBareColumn);
  out += '\n';
  for (const Calibration& calibration : calibrations_) {
    Append(calibration.temperature, out);
    Append(calibration.threshold, out);
  }
  Append(shape_scale_, out);
  Append(word_scale_, out);
  for (const float bias : bias_) Append(bias, out);
  for (std::size_t row = 0; row < kFeatureRows; ++row) {
    for (std::size_t t = 0; t < columns(); ++t) Append(rows_[row * stride_ + t], out);
  }
  Append(Fnv1a(out), out);
  return out;
}

absl::StatusOr<TopicModel> TopicModel::Parse(string_view bytes) {
  if (bytes.empty()) return Wrong("is empty", kMakeOne);
  const std::size_t line = bytes.substr(0, 4096).find('\n');
  if (line == string_view::npos) return Wrong("is not a topic model", kMakeOne);
  absl::StatusOr<Heading> heading = TopicsOf(bytes.substr(0, line));
  if (!heading.ok()) return heading.status();
  const std::size_t count = heading->topics.size() + (heading->tells_bare ? 1 : 0);
  const std::size_t expected = line + 1 + (2 * kScripts + 2 + count) * sizeof(float) +
                               kFeatureRows * count + sizeof(std::uint64_t);
  if (bytes.size() != expected) {
    return Wrong(Concat(bytes.size() < expected ? "is cut off" : "is too long", " (", bytes.size(),
                        bytes.size() < expected ? " of " : " bytes instead of ", expected,
                        bytes.size() < expected ? " bytes)" : ")"),
                 kCopyAgain);
  }
  string_view sum = bytes.substr(bytes.size() - sizeof(std::uint64_t));
  const std::string_view sum_bytes = sum;
  if (Take<std::uint64_t>(sum) != Fnv1a(bytes.substr(0, bytes.size() - 8))) {
    return Wrong("is damaged: its checksum is wrong", kCopyAgain);
  }
  TopicModel model;
  for (auto at = sum_bytes.rbegin(); at != sum_bytes.rend(); ++at) {
    config::AppendHex(static_cast<unsigned char>(*at), model.checksum_);
  }
  model.NameTopics(std::move(heading->topics), std::move(heading->kinds));
  string_view rest = bytes.substr(line + 1);
  model.tells_bare_ = heading->tells_bare;
  for (Calibration& calibration : model.calibrations_) {
    calibration.temperature = Take<float>(rest);
    calibration.threshold = Take<float>(rest);
  }
  model.shape_scale_ = Take<float>(rest);
  model.word_scale_ = Take<float>(rest);
  for (std::size_t t = 0; t < count; ++t) model.bias_.push_back(Take<float>(rest));
  model.stride_ = StrideOf(count);
  model.rows_.assign(kFeatureRows * model.stride_, 0);
  for (std::size_t row = 0; row < kFeatureRows; ++row) {
    for (std::size_t t = 0; t < count; ++t) {
      model.rows_[row * model.stride_ + t] = Take<std::int8_t>(rest);
    }
  }
  return model;
}

const TopicModel& TopicModel::Shipped() {
  static const TopicModel model = [] {
    absl::StatusOr<TopicModel> parsed = Parse(ShippedTopics());
    HEADGATE_CHECK(parsed.ok());
    return *std::move(parsed);
  }();
  return model;
}

template <std::size_t stride>
TopicScores TopicModel::Sum(const TopicFeatures& features) const {
  std::array<std::int32_t, stride> words{};
  std::array<std::int32_t, stride> shapes{};
  const auto add = [this](std::size_t row, std::array<std::int32_t, stride>& sum) {
    const std::int8_t* const weights = rows_.data() + row * stride;
#pragma GCC unroll 16  // else the sums stay in memory
    for (std::size_t t = 0; t < stride; ++t) sum[t] += weights[t];
  };
  for (std::size_t i = 0; i < features.size; ++i) add(features.rows[i], words);
  for (std::size_t i = 0; i < features.shapes_size; ++i) add(features.shapes[i], shapes);
  const float scale = word_scale_ * WordWeight(features.size);
  TopicScores scores;
  for (std::size_t t = 0; t < columns(); ++t) {
    scores.values[t] = bias_[t] + static_cast<float>(words[t]) * scale +
                       static_cast<float>(shapes[t]) * shape_scale_;
  }
  return scores;
}

TopicScores TopicModel::Score(const TopicFeatures& features) const {
  switch (stride_) {
    case 4:
      return Sum<4>(features);
    case 8:
      return Sum<8>(features);
    default:
      return Sum<16>(features);
  }
}

TopicScores TopicModel::Probabilities(const TopicScores& scores, Script script) const {
  const std::size_t count = topics_.size();
  const float most = scores.values[Likeliest(scores, count)];
  TopicScores out;
  float sum = 0;
  for (std::size_t t = 0; t < count; ++t) {
    out.values[t] = std::exp((scores.values[t] - most) / Of(script).temperature);
    sum += out.values[t];
  }
  for (std::size_t t = 0; t < count; ++t) out.values[t] /= sum;
  return out;
}

float TopicModel::BareProbability(const TopicScores& scores, Script script) const {
  if (!tells_bare_) return 0;
  const float bare = scores.values[topics_.size()];
  float others = 0;
  for (std::size_t t = 0; t < topics_.size(); ++t) {
    others += std::exp((scores.values[t] - bare) / Of(script).temperature);
  }
  return 1 / (1 + others);
}

TopicScores TopicModel::WeightsOf(std::uint32_t row) const {
  TopicScores out;
  const float scale = row < kShapeRows ? shape_scale_ : word_scale_;
  for (std::size_t t = 0; t < topics_.size(); ++t) {
    out.values[t] = static_cast<float>(rows_[row * stride_ + t]) * scale;
  }
  return out;
}

TwoScores ScoreText(const TopicModel& model, const TopicModel* second, string_view text,
                    const TextShape& shape, float sure, TopicFeatures& features) {
  const auto is_sure = [sure](const TopicModel& one, const TopicFeatures& read) {
    const TopicScores p = one.Probabilities(one.Score(read), read.script);
    return p.values[Likeliest(p, one.topics().size())] >= sure;
  };
  ReadTopicFeatures(text, shape, features, [&](const TopicFeatures& read) {
    return is_sure(model, read) && (second == nullptr || is_sure(*second, read));
  });
  return {model.Score(features), second == nullptr ? TopicScores{} : second->Score(features)};
}

std::size_t OwnTopics(const TopicModel& model) {
  std::size_t own = 0;
  for (std::size_t t = 0; t < model.topics().size(); ++t) {
    if (model.TopicOf(t) > Topic::kMath) ++own;
  }
  return own;
}

std::size_t Likeliest(const TopicScores& scores, std::size_t count) {
  const auto begin = scores.values.begin();
  return static_cast<std::size_t>(
      std::max_element(begin, begin + static_cast<std::ptrdiff_t>(count)) - begin);
}

}  // namespace headgate::routing

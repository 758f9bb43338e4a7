#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "gateway/http/json_text.h"
#include "gateway/request_view.h"

namespace headgate::gateway {
namespace {

// Bytes of the body that are replaced; an empty span inserts.
struct Splice {
  Span at;
  std::string_view text;
};

// What makes the backend report usage at the end of its stream. Empty text: nothing is to be done.
Splice UsageSplice(const RequestView& view) {
  if (!view.signals.stream || view.wants_usage) return {};
  if (!view.stream_options) {
    return {{view.object_begin, view.object_begin}, R"("stream_options":{"include_usage":true},)"};
  }
  if (!view.stream_options_is_object) return {*view.stream_options, R"({"include_usage":true})"};
  if (view.include_usage) return {*view.include_usage, "true"};
  const std::size_t inside = view.stream_options->begin + 1;
  return {{inside, inside},
          view.stream_options_empty ? R"("include_usage":true)" : R"("include_usage":true,)"};
}

}  // namespace

void AppendSpliced(std::string_view body, const RequestView& view, std::string_view upstream_model,
                   std::string& out) {
  std::string model;
  AppendJsonString(upstream_model, model);
  std::array<Splice, 2> splices = {UsageSplice(view), Splice{view.model, model}};
  if (splices[1].at.begin < splices[0].at.begin) std::swap(splices[0], splices[1]);

  out.reserve(out.size() + body.size() + model.size() + 64);
  std::size_t done = 0;
  for (const Splice& splice : splices) {
    if (splice.text.empty()) continue;
    out.append(body.substr(done, splice.at.begin - done)).append(splice.text);
    done = splice.at.end;
  }
  out.append(body.substr(done));
}

}  // namespace headgate::gateway

#include "config/reader/value_types.h"
#include "config/sections/sections.h"

namespace headgate::config {
namespace {

// A file that the daemon writes; it need not be there.
struct WritableFile {
  static constexpr std::string_view kExpects = "the path of a file";
  static bool Read(const Value& value, std::string& out) {
    if (!Text::Read(value, out)) return false;
    if (out.ends_with('/')) {
      return value.Fail("is a folder",
                        Concat("write a file in it, for example ", out, "headgate.jsonl"));
    }
    out = value.Resolve(out);
    return true;
  }
  static Json JsonSchema(Definitions& definitions) { return Text::JsonSchema(definitions); }
};

constexpr std::array kRecordingFields = {
    Required<Recording, &Recording::file, WritableFile>(
        "file", "Where the line about each decided request goes, for `headgate replay`."),
    Optional<Recording, &Recording::rotate, Size<64, 1 << 20>>(
        "rotate", "The size at which a file is put aside and the next one begun."),
    Optional<Recording, &Recording::keep, Whole<1, 1000>>("keep",
                                                          "Files there are at most; older go."),
};

}  // namespace

bool RecordingSection::Read(const Value& value, Recording& recording) {
  return Mapping<kRecordingFields>::Read(value, recording);
}

Json RecordingSection::JsonSchema(Definitions& definitions) {
  return Mapping<kRecordingFields>::JsonSchema(definitions);
}

}  // namespace headgate::config

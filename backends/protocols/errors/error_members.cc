#include "backends/protocols/errors/error_members.h"

#include <string>

#include "config/base/text.h"

namespace headgate::backends {
namespace {

struct MemberName {
  std::string_view name;
  Member member;
};

constexpr MemberName kMemberNames[] = {
    {"error", kError},
    {"fault", kError},
    {"baseresp", kError},  // MiniMax; platform.minimax.io/docs/api-reference/errorcode, 2026
    {"message", kMessage},
    {"msg", kMessage},
    {"errormessage", kMessage},
    {"errormsg", kMessage},
    {"statusmsg", kMessage},
    {"faultstring", kMessage},
    {"errordescription", kDescription},
    {"description", kDescription},
    {"detail", kDetail},
    {"details", kDetail},
    {"errors", kErrors},
    {"reason", kReason},
    {"title", kTitle},
    {"choices", kChoices},
    {"metadata", kMetadata},
    {"innererror", kInner},
    {"loc", kLocation},
    {"type", kType},  // AWS: "__type"
    {"errortype", kType},
    {"code", kCode},
    {"errorcode", kCode},
    {"status", kStatusWord},
    {"statuscode", kStatusWord},
    {"param", kParam},
};

}  // namespace

std::optional<Member> MemberOf(std::string_view key) {
  constexpr std::size_t kLongestKey = 24;
  if (key.size() > kLongestKey) return std::nullopt;
  std::string folded;
  for (const char c : key) {
    if (c != '_' && c != '-') folded += config::Lowered(c);
  }
  for (const MemberName& one : kMemberNames) {
    if (folded == one.name) return one.member;
  }
  return std::nullopt;
}

}  // namespace headgate::backends

#include "policy/store/wal_check.h"

#include <array>
#include <cstddef>
#include <fstream>
#include <string_view>

namespace headgate::policy {
namespace {

// Offsets and sizes in bytes.
constexpr std::size_t kWalHeader = 32;
constexpr std::size_t kHeaderPageSize = 8;
constexpr std::size_t kHeaderSalts = 16;
constexpr std::size_t kHeaderChecksum = 24;
constexpr std::size_t kFrameHeader = 24;
constexpr std::size_t kFrameCommit = 4;  // not 0 in the last frame of a transaction
constexpr std::size_t kFrameSalts = 8;
constexpr std::size_t kFrameChecksum = 16;
constexpr std::size_t kSaltBytes = 8;
constexpr std::size_t kFrameSummed = 8;  // of its header; the page follows

constexpr std::uint32_t kMagic = 0x377f0682;  // and the next number, of big-endian checksums
constexpr std::uint32_t kLeastPage = 512;
constexpr std::uint32_t kMostPage = 65'536;

std::uint32_t WordAt(std::string_view bytes, std::size_t at, bool big_endian) {
  constexpr std::size_t kWord = 4;
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < kWord; ++i) {
    const std::size_t place = big_endian ? i : kWord - 1 - i;
    word = word << 8U | static_cast<unsigned char>(bytes[at + place]);
  }
  return word;
}

// The running checksum of section 4.2.
class WalChecksum {
 public:
  explicit WalChecksum(bool big_endian) : big_endian_(big_endian) {}

  void Add(std::string_view bytes) {
    constexpr std::size_t kPair = 8;
    for (std::size_t at = 0; at + kPair <= bytes.size(); at += kPair) {
      first_ += WordAt(bytes, at, big_endian_) + second_;
      second_ += WordAt(bytes, at + kPair / 2, big_endian_) + first_;
    }
  }
  // `stored` is big-endian, whatever the words are.
  bool Is(std::string_view stored) const {
    return first_ == WordAt(stored, 0, true) && second_ == WordAt(stored, sizeof first_, true);
  }

 private:
  const bool big_endian_;
  std::uint32_t first_ = 0;
  std::uint32_t second_ = 0;
};

}  // namespace

std::int64_t LostWalFrames(const std::string& wal_path) {
  std::ifstream file(wal_path, std::ios::binary);
  std::string header(kWalHeader, '\0');
  if (!file.read(header.data(), static_cast<std::streamsize>(header.size()))) return 0;
  const std::string_view head = header;
  const std::uint32_t magic = WordAt(head, 0, true);
  WalChecksum sum((magic & 1U) != 0);
  sum.Add(head.substr(0, kHeaderChecksum));
  bool intact = (magic & ~1U) == kMagic && sum.Is(head.substr(kHeaderChecksum));
  std::uint32_t page = WordAt(head, kHeaderPageSize, true);
  if (page < kLeastPage || page > kMostPage || (page & (page - 1)) != 0) {
    constexpr std::uint32_t kUsualPage = 4096;
    page = kUsualPage;
  }
  std::string salts(head.substr(kHeaderSalts, kSaltBytes));
  // Without a header that can be believed, the first frame says which salts are the present ones.
  bool knows_salts = intact;
  std::int64_t whole = 0;
  std::int64_t intact_frames = 0;
  std::int64_t committed = 0;  // frames up to the end of the last transaction with these salts
  std::string frame(kFrameHeader + page, '\0');
  while (file.read(frame.data(), static_cast<std::streamsize>(frame.size()))) {
    const std::string_view bytes = frame;
    const std::string_view own = bytes.substr(kFrameSalts, kSaltBytes);
    if (!knows_salts) salts = own;
    knows_salts = true;
    ++whole;
    const bool present = own == salts;
    if (present && WordAt(bytes, kFrameCommit, true) != 0) committed = whole;
    if (!intact) continue;
    sum.Add(bytes.substr(0, kFrameSummed));
    sum.Add(bytes.substr(kFrameHeader));
    intact = present && sum.Is(bytes.substr(kFrameChecksum, kSaltBytes));
    if (intact) intact_frames = whole;
  }
  return committed > intact_frames ? committed - intact_frames : 0;
}

}  // namespace headgate::policy

#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace headgate::routing {

// One bit for each byte of a text of at most `capacity` bytes, the first byte in the lowest bit.
// Words are found in bits, without a branch for each byte.
template <std::size_t capacity>
class ByteMask {
 public:
  static constexpr std::size_t kWindow = 57;  // bits

  void Set(std::size_t block, std::uint64_t bits) { bits_[block] = bits; }

  // At least kWindow bits from `at` on, in one load (little-endian, like the weights). REQUIRES:
  // at < capacity, and the block after the last one has been set.
  std::uint64_t From(std::size_t at) const {
    std::uint64_t bits = 0;
    std::memcpy(&bits, reinterpret_cast<const char*>(bits_.data()) + at / 8, sizeof(bits));
    return bits >> (at % 8);
  }

 private:
  std::array<std::uint64_t, capacity / 64 + 2> bits_;
};

// The classes of 64 bytes, one bit for each byte.
struct BlockBits {
  std::uint64_t letters = 0;  // of ASCII
  std::uint64_t capitals = 0;
  std::uint64_t digits = 0;
  std::uint64_t high = 0;   // not ASCII
  std::uint64_t under = 0;  // underscores
  std::uint64_t marks = 0;  // ASCII punctuation except underscores

  std::uint64_t words() const { return letters | digits | high | under; }
};

#ifdef __SSE2__
// Reads 64 bytes.
inline BlockBits ClassifyBlock(const char* at) {
  BlockBits out;
  const auto above = [](__m128i bytes,
                        char bound) {  // signed: bytes beyond ASCII are below all others
    return _mm_cmpgt_epi8(bytes, _mm_set1_epi8(bound));
  };
  const auto bits = [](__m128i mask) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm_movemask_epi8(mask)));
  };
  for (std::size_t i = 0; i < 4; ++i) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + 16 * i));
    const __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    const auto within = [&](__m128i value, char first, char last) {
      return _mm_andnot_si128(above(value, last), above(value, static_cast<char>(first - 1)));
    };
    const std::uint64_t letters = bits(within(lower, 'a', 'z'));
    const std::uint64_t digits = bits(within(bytes, '0', '9'));
    const std::uint64_t under = bits(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('_')));
    const std::uint64_t shown = bits(within(bytes, '!', '~'));
    out.letters |= letters << (16 * i);
    out.digits |= digits << (16 * i);
    out.under |= under << (16 * i);
    out.capitals |= bits(within(bytes, 'A', 'Z')) << (16 * i);
    out.high |= bits(bytes) << (16 * i);
    out.marks |= (shown & ~(letters | digits | under)) << (16 * i);
  }
  return out;
}
#else
inline BlockBits ClassifyBlock(const char* at) {
  BlockBits out;
  for (std::size_t i = 0; i < 64; ++i) {
    const auto c = static_cast<unsigned char>(at[i]);
    const std::uint64_t bit = std::uint64_t{1} << i;
    const bool capital = c >= 'A' && c <= 'Z';
    if (capital || (c >= 'a' && c <= 'z')) {
      out.letters |= bit;
      if (capital) out.capitals |= bit;
    } else if (c >= '0' && c <= '9') {
      out.digits |= bit;
    } else if (c >= 0x80) {
      out.high |= bit;
    } else if (c == '_') {
      out.under |= bit;
    } else if (c > ' ' && c < 0x7f) {
      out.marks |= bit;
    }
  }
  return out;
}
#endif

}  // namespace headgate::routing

// The logarithm, in operations that compilers turn into vectors.
#pragma once

#include "simd.hpp"

namespace partwise {
namespace PARTWISE_ISA {

// The bits of a number x = 2^e m: `half` those of the root of 1/2, `counting` a number whose last bits count, `terms` as many
// of the series of artanh as its digits ask for.
template <class T>
struct Binary;
template <>
struct Binary<double> {
    using Bits = std::uint64_t;
    static constexpr Bits half = 0x3fe6a09e667f3bcd, counting = 0x4330000000000000;  // 2^52
    static constexpr int mantissa = 52, bias = 1024, last = 19;
};
template <>
struct Binary<float> {
    using Bits = std::uint32_t;
    static constexpr Bits half = 0x3f3504f3, counting = 0x4b000000;  // 2^23
    static constexpr int mantissa = 23, bias = 128, last = 9;
};

// log x of a normal x > 0 to two or three units of its last digit: x = 2^e m with m around 1, and log m = 2 artanh((m - 1) /
// (m + 1)) by its series.
template <class T>
inline T log_of(T x) {
    using B = Binary<T>;
    using Bits = typename B::Bits;
    constexpr Bits bias = Bits(B::bias) << B::mantissa;
    Bits bits;
    std::memcpy(&bits, &x, sizeof bits);
    const Bits exponent = (bits - B::half + bias) >> B::mantissa;
    const Bits mantissa = bits - (exponent << B::mantissa) + bias, counted = exponent | B::counting;
    T m, e;
    std::memcpy(&m, &mantissa, sizeof m);
    std::memcpy(&e, &counted, sizeof e);
    const T s = (m - 1) / (m + 1), z = s * s;
    T series = T(2.0 / B::last);
    for (int odd = B::last - 2; odd > 1; odd -= 2) series = series * z + T(2.0 / odd);
    constexpr T none = T(Bits(1) << B::mantissa) + B::bias;  // what an exponent of 0 reads as
    return (e - none) * T(0.693147180559945309417) + s * (series * z + 2);
}

}  // namespace PARTWISE_ISA
}  // namespace partwise

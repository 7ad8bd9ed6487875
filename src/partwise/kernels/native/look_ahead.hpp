// Extrapolation between two iterations.
#pragma once

#include "simd.hpp"

namespace partwise {
namespace PARTWISE_ISA {

// Memory: both read once, out written once; out may be either of them, so each number is read before it is written.
template <class T>
void look_ahead(const T* previous, const T* current, Size count, double weight, double lowest, T* out) {
    const T ahead = T(1 + weight), back = T(weight), least = T(lowest);
#pragma GCC ivdep
    for (Size s = 0; s < count; ++s) {
        const T next = ahead * current[s] - back * previous[s];
        const T low = least * current[s];
        out[s] = next < low ? low : next;  // nan stays nan
    }
}

}  // namespace PARTWISE_ISA
}  // namespace partwise

// Extrapolation between two iterations.
#pragma once

#include "simd.hpp"

namespace partwise {
namespace PARTWISE_ISA {

// Memory: both read once, previous written once.
template <class T>
void look_ahead(T* __restrict previous, const T* __restrict current, Size count, double weight, double lowest) {
    const T ahead = T(1 + weight), back = T(weight), least = T(lowest);
    for (Size s = 0; s < count; ++s) {
        const T next = ahead * current[s] - back * previous[s];
        const T low = least * current[s];
        previous[s] = next < low ? low : next;  // nan stays nan
    }
}

}  // namespace PARTWISE_ISA
}  // namespace partwise

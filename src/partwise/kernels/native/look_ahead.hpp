// Extrapolation between two iterations.
#pragma once

#include "simd.hpp"

namespace partwise {
namespace PARTWISE_ISA {

// Memory: both read once, previous written once.
template <class T>
void look_ahead(T* __restrict previous, const T* __restrict current, Size count, double weight) {
    const T ahead = T(1 + weight), back = T(weight);
    for (Size s = 0; s < count; ++s) {
        const T next = ahead * current[s] - back * previous[s];
        previous[s] = next < 0 ? T(0) : next;  // nan stays nan
    }
}

}  // namespace PARTWISE_ISA
}  // namespace partwise

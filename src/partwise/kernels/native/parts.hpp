// The positive and the negative parts of singular vectors, from which a factor starts.
#pragma once

#include "simd.hpp"

namespace partwise {
namespace PARTWISE_ISA {

// Memory: A read once.
template <class T>
void add_parts_norm2(const T* A, Size m, Size k, double* __restrict positive, double* __restrict negative) {
    for (Size i = 0; i < m; ++i, A += k) {
#pragma GCC ivdep
        for (Size s = 0; s < k; ++s) {
            const double above = A[s] < 0 ? T(0) : A[s], below = A[s] > 0 ? T(0) : A[s];  // nan stays nan
            positive[s] += above * above;
            negative[s] += below * below;
        }
    }
}

// Memory: A read and written once.
template <class T>
void take_parts(T* __restrict A, Size m, Size k, const T* __restrict scale, const T* __restrict noise,
                const T* __restrict zero) {
    for (Size i = 0; i < m; ++i, A += k) {
#pragma GCC ivdep
        for (Size s = 0; s < k; ++s) {
            const T part = A[s] * scale[s];
            A[s] = part <= noise[s] ? zero[s] : part;
        }
    }
}

}  // namespace PARTWISE_ISA
}  // namespace partwise

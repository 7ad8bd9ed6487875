// Gradient descent cell by cell on both factors of a sparse X. Each cell needs what the cells before it have written,
// so nothing can be reordered: only the k numbers of a row are vectors.
#pragma once

#include <limits>

#include "csr.hpp"

namespace partwise {
namespace PARTWISE_ISA {

template <class T>
inline T dot_of(const T* a, const T* b, Size k) {
    constexpr int V = lanes<T>;
    Vec<T> sums{};
    Size q = 0;
    for (; q + V <= k; q += V) sums += load<V>(a + q) * load<V>(b + q);
    T parts[V], sum = 0;
    store(parts, sums);
    for (; q < k; ++q) sum += a[q] * b[q];
    for (int v = 0; v < V; ++v) sum += parts[v];
    return sum;
}

// Memory: X and A read once, B gathered and scattered (k numbers each way per entry).
template <class T, class I>
void sgd_pass(CsrRows<T, I> X, const T* weights, T* A, T* B, Size k, double rate, double ridge, bool is_signed) {
    const T lowest = is_signed ? -std::numeric_limits<T>::infinity() : T(0);
    const Size end = X.indptr[X.stop];
    for (Size i = X.start; i < X.stop; ++i) {
        T* __restrict a = A + (i - X.start) * k;
        for (Size e = X.indptr[i]; e < X.indptr[i + 1]; ++e) {
            if (e + prefetch_distance < end) prefetch(B + Size(X.indices[e + prefetch_distance]) * k);
            T* __restrict b = B + Size(X.indices[e]) * k;
            const T step = T(rate) * weights[e], keep = 1 - step * T(ridge);
            const T pull = 2 * step * (X.data[e] - dot_of(a, b, k));
            for (Size q = 0; q < k; ++q) {
                const T before = a[q];
                a[q] = at_least(keep * before + pull * b[q], lowest);
                b[q] = at_least(keep * b[q] + pull * before, lowest);
            }
        }
    }
}

}  // namespace PARTWISE_ISA
}  // namespace partwise

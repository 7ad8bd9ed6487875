// Coordinate descent on rows whose Gram matrices are formed, used and forgotten a few rows at a time.
#pragma once

#include "row_grams.hpp"
#include "row_hals.hpp"

namespace partwise {
namespace PARTWISE_ISA {

constexpr Size gram_chunk_bytes = 131072;  // of matrices that are alive: L2

// Sum of 1/2 a gram_i a' - cross_i a' over m rows; the products in T, their sum in float64.
template <class T>
double quadratic_value(const T* A, Size m, Size k, const T* grams, const T* cross) {
    double total = 0;
    Scratch<T> pulled(k);
    T* sums = pulled.get();
    for (Size i = 0; i < m; ++i) {
        const T *a = A + i * k, *gram = grams + i * k * k, *c = cross + i * k;
        for (Size q = 0; q < k; ++q) sums[q] = -2 * c[q];
        for (Size r = 0; r < k; ++r)
            for (Size q = 0; q < k; ++q) sums[q] += a[r] * gram[r * k + q];
        for (Size q = 0; q < k; ++q) total += double(a[q]) * sums[q];
    }
    return total / 2;
}

// Memory: that of row_grams and row_hals, but the matrices never leave the second cache.
template <class T, class I>
double row_gram_hals(CsrRows<T, I> X, T* A, const T* B, Size k, const double* base, const T* cross, double l1,
                     Size sweeps, double* grad2, double* neg2, double* norm2, Bounds<T> bounds) {
    const Size most = gram_chunk_bytes / (k * k * Size(sizeof(T)) + 1) / team_rows * team_rows;
    const Size height = most > team_rows ? most : team_rows;
    Scratch<T> grams(height * k * k);
    double value = 0;
    for (Size low = 0, m = X.stop - X.start; low < m; low += height) {
        const Size count = m - low < height ? m - low : height;
        CsrRows<T, I> part = X;
        part.start = X.start + low, part.stop = part.start + count;
        T* a = A + low * k;
        const T* c = cross + low * k;
        row_grams(part, B, k, base, grams.get());
        row_hals(a, count, k, grams.get(), c, l1, sweeps, grad2, neg2, norm2, from_row(bounds, low, k));
        value += quadratic_value(a, count, k, grams.get(), c);
    }
    return value;
}

}  // namespace PARTWISE_ISA
}  // namespace partwise

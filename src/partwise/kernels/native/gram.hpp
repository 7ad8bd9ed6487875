// The Gram matrix of a tall factor, SIMD lanes over its columns.
#pragma once

#include "product.hpp"

namespace partwise {
namespace PARTWISE_ISA {

constexpr Size gram_rows = 128;  // of A that stay in L1 or L2 for all tiles, and whose sums are of the type of A

// sums[c, j] += a_c a_j for components c = 0..C-1 of `A` and NV vectors of columns of `B`, which are of the same rows. Not
// inlined, so that the compiler keeps its sums in registers.
template <int NV, int C, class T>
[[gnu::noinline]] void gram_tile(const T* A, const T* B, Size stride, Size m, double* sums, Size width) {
    constexpr int W = lanes<T>, V = lanes<double>;
    Vec<T> tile[C][NV] = {};
    for (Size i = 0; i < m; ++i, A += stride, B += stride) {
        Vec<T> b[NV];
        for (int v = 0; v < NV; ++v) b[v] = load<W>(B + v * W);
        for (int c = 0; c < C; ++c)
            for (int v = 0; v < NV; ++v) tile[c][v] += b[v] * A[c];
    }
    T flat[C * NV * W];
    for (int c = 0; c < C; ++c)
        for (int v = 0; v < NV; ++v) store(flat + (c * NV + v) * W, tile[c][v]);
    for (int c = 0; c < C; ++c)
        for (int s = 0; s < NV * W; s += V) {
            double* to = sums + c * width + s;
            store(to, load<V>(to) + widened(flat + c * NV * W + s));
        }
}

// The upper triangle of A'A for few rows; reads `width` numbers, k or some more, from the start of each.
template <class T>
inline void add_gram_of_rows(const T* A, Size m, Size k, double* sums, Size width) {
    constexpr int W = lanes<T>;
    for_parts<t_dot_components>(k, [&](auto components, Size q) {
        const Size low = q / W;
        for_parts<t_dot_vectors>(width / W - low, [&](auto vectors, Size v) {
            const Size at = (low + v) * W;
            gram_tile<decltype(vectors)::value, decltype(components)::value>(A + q, A + at, k, m, sums + q * width + at,
                                                                             width);
        });
    });
}

// What a row's last vector reads beyond it is of the next rows, and is not used; the last rows are copied.
// Memory: A once, from L1 or L2 again for each tile.
template <class T>
void gram_add(const T* A, Size m, Size k, double* total) {
    constexpr int W = lanes<T>;
    const Size width = (k + W - 1) / W * W, apart = k ? (width - k + k - 1) / k : 0, last = apart < m ? apart : m;
    Scratch<double> scratch(k * width);
    Scratch<T> copy(last * k + width - k);
    double* sums = scratch.get();
    for (Size s = 0; s < k * width; ++s) sums[s] = 0;
    Size i = 0;
    for (; i < m - last; i += gram_rows)
        add_gram_of_rows(A + i * k, m - last - i < gram_rows ? m - last - i : gram_rows, k, sums, width);
    for (Size s = 0; s < last * k + width - k; ++s) copy.get()[s] = s < last * k ? A[(m - last) * k + s] : T(0);
    add_gram_of_rows(copy.get(), last, k, sums, width);
    for (Size q = 0; q < k; ++q) {
        total[q * k + q] += sums[q * width + q];
        for (Size r = q + 1; r < k; ++r) {
            total[q * k + r] += sums[q * width + r];
            total[r * k + q] += sums[q * width + r];
        }
    }
}

}  // namespace PARTWISE_ISA
}  // namespace partwise

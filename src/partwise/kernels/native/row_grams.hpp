// The Gram matrix of every row of a sparse X, base + sum of e b b' over its entries: the upper triangle in tiles.
//
// The rows of B at a batch of entries are gathered into scratch, once as they are and once times e, so that a tile of
// 4 x 3 vectors (or 8 x 3) of the matrix stays in registers while all entries of the batch pass. The arithmetic is float64 whatever
// the dtype: a downdate (e < 0) takes most of its base away, and what is left has the digits that the base had.
#pragma once

#include "csr.hpp"
#include "product.hpp"

namespace partwise {
namespace PARTWISE_ISA {

constexpr Size gram_rows = lanes<double> < 4 ? 4 : lanes<double>;  // of a tile: whole vectors
constexpr Size gram_vectors = 3;  // with 4 rows 12 sums, 3 vectors of b and one broadcast: 16 registers (8: 28 of 32)
constexpr Size gram_batch_bytes = 32768;  // of the two copies of a batch: one tile's columns of them stay in L1

// to = from + sum of left[e][r] right[e][c] over `count` entries, for gram_rows rows r and NV vectors of columns c. All four
// have rows of `width` numbers.
template <int NV>
inline void gram_tile(const double* left, const double* right, Size count, Size width, const double* from, double* to) {
    constexpr int V = lanes<double>;
    Vec<double> sums[gram_rows][NV];
    for (int r = 0; r < gram_rows; ++r)
        for (int v = 0; v < NV; ++v) sums[r][v] = load<V>(from + r * width + v * V);
    for (Size e = 0; e < count; ++e) {
        Vec<double> b[NV];
        for (int v = 0; v < NV; ++v) b[v] = load<V>(right + e * width + v * V);
        for (int r = 0; r < gram_rows; ++r)
            for (int v = 0; v < NV; ++v) sums[r][v] += b[v] * left[e * width + r];
    }
    for (int r = 0; r < gram_rows; ++r)
        for (int v = 0; v < NV; ++v) store(to + r * width + v * V, sums[r][v]);
}

// The tiles on and above the diagonal.
inline void add_batch(const double* left, const double* right, Size count, Size width, const double* from, double* to) {
    constexpr int V = lanes<double>;
    for (Size row = 0; row < width; row += gram_rows)
        for_parts<gram_vectors>((width - row) / V, [&](auto vectors, Size first) {
            const Size column = row + first * V, at = row * width + column;
            gram_tile<decltype(vectors)::value>(left + row, right + column, count, width, from + at, to + at);
        });
}

// One row of B beside the others of its batch, as it is and times its weight.
template <class T>
inline void pack(const T* __restrict b, double weight, Size k, double* __restrict left, double* __restrict right) {
    for (Size q = 0; q < k; ++q) {
        right[q] = b[q];
        left[q] = weight * b[q];
    }
}

// to (k x k) = the upper triangle of `square` (rows of `width`) and its mirror image.
template <class T>
inline void symmetrise(const double* __restrict square, Size width, Size k, T* __restrict to) {
    for (Size row = 0; row < k; row += gram_rows) {
        const Size next = row + gram_rows < k ? row + gram_rows : k;
        for (Size r = row; r < next; ++r) {
            for (Size c = row; c < r; ++c) to[r * k + c] = T(square[c * width + r]);
            for (Size c = r; c < k; ++c) to[r * k + c] = T(square[r * width + c]);
        }
        transpose(to + row * k + next, k, next - row, k - next, to + next * k + row, k);
    }
}

// Memory: X read once, B gathered once, out written once; per entry 2 k numbers of scratch in L1, per batch the upper
// triangle (4 k^2 bytes, L1 or L2) once each way.
template <class T, class I>
void row_grams(CsrRows<T, I> X, const T* B, Size k, const double* base, T* out) {
    const Size width = (k + gram_rows - 1) / gram_rows * gram_rows;
    const Size batch = k > 0 && width < gram_batch_bytes / 64 ? gram_batch_bytes / 16 / width : 4;
    Scratch<double> squares(2 * width * width), copies(2 * batch * width);
    double *start = squares.get(), *gram = start + width * width;
    double *left = copies.get(), *right = left + batch * width;
    for (Size s = 0; s < 2 * batch * width; ++s) left[s] = 0;
    for (Size r = 0; r < width; ++r)
        for (Size c = 0; c < width; ++c) start[r * width + c] = r < k && c < k ? base[r * k + c] : 0;
    const Size end = X.indptr[X.stop];
    for (Size i = X.start; i < X.stop; ++i) {
        const double* sum = start;
        for (Size low = X.indptr[i], high = X.indptr[i + 1]; low < high; low += batch) {
            const Size count = high - low < batch ? high - low : batch;
            for (Size e = 0; e < count; ++e) {
                if (low + e + prefetch_distance < end) {
                    const T* next = B + Size(X.indices[low + e + prefetch_distance]) * k;
                    for (Size q = 0; q < k; q += 64 / sizeof(T)) prefetch(next + q);
                }
                pack(B + Size(X.indices[low + e]) * k, X.data[low + e], k, left + e * width, right + e * width);
            }
            add_batch(left, right, count, width, sum, gram);
            sum = gram;
        }
        symmetrise(sum, width, k, out + (i - X.start) * k * k);
    }
}

}  // namespace PARTWISE_ISA
}  // namespace partwise

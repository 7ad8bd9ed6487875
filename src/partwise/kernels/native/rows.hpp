// The product of a dense X with a factor in which every number is one fixed chain of additions, whatever the other rows.
//
// BLAS chooses its order by the shape, so a row alone and the same row in a batch differ in the last bits. Here columns
// go in chunks; a chunk's sum begins at 0 and runs through the columns in order, however many rows share a tile. Adding
// x = 0 changes no bit, so columns that are 0 in all rows of a tile are left out: a line of text in dense storage costs
// little more than in a sparse one.
#pragma once

#include "csr.hpp"

namespace partwise {
namespace PARTWISE_ISA {

constexpr Size chunk_columns = 256;  // their rows of B stay in L2 while the rows of X pass

// f(Constant<NV>, first, last) as for_tiles, for tiles of at most Most vectors and k >= lanes<T>.
template <class T, int Most, class F>
inline void for_narrow_tiles(Size k, F f) {
    constexpr int W = lanes<T>;
    const Size vectors = (k + W - 1) / W, tiles = (vectors + Most - 1) / Most;
    for (Size t = 0; t < tiles; ++t) {
        const Size low = vectors * t / tiles, high = vectors * (t + 1) / tiles, first = low * W;
        const Size last = t + 1 == tiles ? k - W - first : (high - low - 1) * W;
        with_count<Most>(high - low, [&](auto count) { f(count, first, last); });
    }
}

// out[r] += sum over the chosen columns j of x[r][j] B[j], for R rows.
template <int R, class T>
inline void add_chosen(const T* x, Size p, const std::int32_t* chosen, Size count, const T* B, Size k, T* out) {
    for_narrow_tiles<T, 12 / R>(k, [&](auto number, Size first, Size last) {
        constexpr int W = lanes<T>, NV = decltype(number)::value;
        Vec<T, W> sums[R][NV] = {};
        for (Size e = 0; e < count; ++e) {
            const Size j = chosen[e];
            const T* b = B + j * k + first;
            for (int q = 0; q < NV; ++q) {
                const Vec<T, W> value = load<W>(b + column<NV, W>(q, last));
                for (int r = 0; r < R; ++r) sums[r][q] += value * x[r * p + j];
            }
        }
        for (int r = 0; r < R; ++r) {
            T* to = out + r * k + first;
            for (int q = 0; q < NV; ++q) sums[r][q] += load<W>(to + column<NV, W>(q, last));
            for (int q = 0; q < NV; ++q) store(to + column<NV, W>(q, last), sums[r][q]);
        }
    });
}

// R rows of X in a chunk of `columns` columns; B begins at the chunk.
template <int R, class T>
inline void add_chunk(const T* x, Size p, Size columns, const T* B, Size k, T* out) {
    std::int32_t chosen[chunk_columns];
    Size count = 0;
    for (Size j = 0; j < columns; ++j) {
        bool any = false;
        for (int r = 0; r < R; ++r) any |= x[r * p + j] != 0;
        chosen[count] = std::int32_t(j);
        count += any;
    }
    if (count) add_chosen<R>(x, p, chosen, count, B, k, out);
}

// to (rows x wide) = from (rows x k), the first k columns, any others 0.
template <class T>
inline void widen_rows(const T* from, Size rows, Size k, T* to, Size wide) {
    const Size both = k < wide ? k : wide;
    for (Size i = 0; i < rows; ++i) {
        for (Size q = 0; q < both; ++q) to[i * wide + q] = from[i * k + q];
        for (Size q = both; q < wide; ++q) to[i * wide + q] = 0;
    }
}

// Memory: X once; the rows of B that any row asks for, k numbers each, once per chunk from memory and then from L2.
// Fewer columns than a vector has lanes are widened: in scalar loops the compiler chooses where to fuse.
template <class T>
void rows_dot(const T* X, Size m, Size p, const T* B, Size k, T* out) {
    constexpr int W = lanes<T>;
    if (k > 0 && k < W) {
        Scratch<T> wide(p * W), sums(m * W);
        widen_rows(B, p, k, wide.get(), W);
        rows_dot(X, m, p, wide.get(), W, sums.get());
        widen_rows(sums.get(), m, W, out, k);
        return;
    }
    for (Size s = 0; s < m * k; ++s) out[s] = 0;
    for (Size low = 0; low < p && k > 0; low += chunk_columns) {
        const Size columns = p - low < chunk_columns ? p - low : chunk_columns;
        Size i = 0;
        for (; i + 4 <= m; i += 4) add_chunk<4>(X + i * p + low, p, columns, B + low * k, k, out + i * k);
        for (; i < m; ++i) add_chunk<1>(X + i * p + low, p, columns, B + low * k, k, out + i * k);
    }
}

}  // namespace PARTWISE_ISA
}  // namespace partwise

// Products of a dense X with a narrow factor, SIMD lanes over the columns of X.
//
// X is m x p, its rows `stride` numbers apart. Nothing is padded to a multiple of the vector, and X is not copied: BLAS
// does both, which costs more than the product while k is small. The sums of a tile stay in registers. Every row of
// `dot` is added in the same order wherever it stands, so its result is bitwise its own.
#pragma once

#include "simd.hpp"

namespace partwise {
namespace PARTWISE_ISA {

// 12 sums, 3 vectors of X and one of B: 16 registers; or 25, 5 and one: 31 of 32
constexpr int dot_rows = many_registers ? 5 : 3, dot_components = many_registers ? 5 : 4;
constexpr int t_dot_vectors = many_registers ? 4 : 2, t_dot_components = 5;
constexpr Size chunk_bytes = 4096;  // of a row of X: dot_rows of them and the same columns of B stay in L1
constexpr Size row_gap = 32;        // between packed rows of B, which would meet in one cache set if 4096 bytes long
constexpr Size strip_rows = 16;     // rows of X that t_dot meets before it goes on to other columns: few pages

// f(Constant<count>, first) for nearly equal parts, of at most Most, of 0..total.
template <int Most, class F>
inline void for_parts(Size total, F f) {
    const Size parts = (total + Most - 1) / Most;
    for (Size t = 0; t < parts; ++t) {
        const Size low = total * t / parts, high = total * (t + 1) / parts;
        with_count<Most>(high - low, [&](auto count) { f(count, low); });
    }
}

// out[r, c] += x_r . b_c for R rows of X and C rows of B, cut into vectors of W as `cut_columns` does. While it works,
// the rows at `ahead` come into cache, if Ahead: hardware sees too few rows in a row to fetch them in time. The first
// tile of components does that for all.
template <int W, int R, int C, bool Ahead = true, class T>
inline void dot_tile(const T* X, const T* ahead, Size stride, Size p, const T* B, Size width, T* out,
                     Size k) {
    Vec<T, W> sums[R * C + 3] = {};
    auto add = [&](Size at, Size b_at) {
        Vec<T, W> x[R];
        for (int r = 0; r < R; ++r) x[r] = load<W>(X + r * stride + at);
        if constexpr (Ahead)
            for (int r = 0; r < R; ++r) prefetch(ahead + r * stride + at);
        for (int c = 0; c < C; ++c) {
            const Vec<T, W> b = load<W>(B + c * (width + row_gap) + b_at);
            for (int r = 0; r < R; ++r) sums[r * C + c] += x[r] * b;
        }
    };
    for (Size at = 0; at < width - W; at += W) add(at, at);
    add(p - W, width - W);
    T flat[R * C + 3];
    for (int s = 0; s < R * C; s += 4) sum4(sums + s, flat + s);
    for (int r = 0; r < R; ++r)
        for (int c = 0; c < C; ++c) out[r * k + c] += flat[r * C + c];
}

// to (k rows of width, row_gap apart) = transpose of the p rows of B. The last vector of a row of X ends with the row
// and overlaps the one before it: its lanes that have been met there are 0 here.
template <int W, class T>
inline void cut_columns(const T* B, Size p, Size k, T* to, Size width) {
    transpose(B, k, p, k, to, width + row_gap);
    const Size met = width - p;
    for (Size q = 0; q < k; ++q) {
        T* last = to + q * (width + row_gap) + width - W;
        for (Size i = W; i-- > 0;) last[i] = i < met ? T(0) : last[i - met];
    }
}

// p >= W. Memory: X and out once for each chunk of columns, B once for each tile of rows, from L1 or L2.
template <int W, class T>
void dot_of_width(const T* X, Size stride, Size m, Size p, const T* B, Size k, T* out) {
    const Size chunks = (p * Size(sizeof(T)) + chunk_bytes - 1) / chunk_bytes;
    Scratch<T> scratch((p / chunks + 1 + W + row_gap) * k);
    for (Size n = 0; n < chunks; ++n) {
        const Size low = p * n / chunks, length = p * (n + 1) / chunks - low, width = (length + W - 1) / W * W;
        cut_columns<W>(B + low * k, length, k, scratch.get(), width);
        auto rows = [&](auto count, Size i) {
            constexpr int R = decltype(count)::value;
            const T *x = X + i * stride + low, *ahead = i + 2 * R <= m ? x + R * stride : x;
            for_parts<dot_components>(k, [&](auto components, Size q) {
                constexpr int C = decltype(components)::value;
                const T* b = scratch.get() + q * (width + row_gap);
                if (q)
                    dot_tile<W, R, C, false>(x, ahead, stride, length, b, width, out + i * k + q, k);
                else
                    dot_tile<W, R, C>(x, ahead, stride, length, b, width, out + i * k, k);
            });
        };
        Size i = 0;
        for (; i + dot_rows <= m; i += dot_rows) rows(Constant<dot_rows>{}, i);
        for (; i < m; ++i) rows(Constant<1>{}, i);
    }
}

template <class T>
void dot(const T* X, Size stride, Size m, Size p, const T* B, Size k, T* out) {
    for (Size s = 0; s < m * k; ++s) out[s] = 0;
    if (p >= lanes<T>)
        dot_of_width<lanes<T>>(X, stride, m, p, B, k, out);
    else if (p > 0)
        dot_of_width<1>(X, stride, m, p, B, k, out);
}

// sums (C x NV vectors) += a_c' x over m rows, for NV vectors of a row of X and C numbers of a row of A; `ahead` as
// above.
template <int W, int NV, int C, bool Ahead = true, class T>
inline void t_dot_tile(const T* X, const T* ahead, Size stride, Size m, const T* A, Size k, T* sums) {
    Vec<T, W> tile[C][NV];
    for (int c = 0; c < C; ++c)
        for (int v = 0; v < NV; ++v) tile[c][v] = load<W>(sums + (c * NV + v) * W);
    for (Size i = 0; i < m; ++i) {
        Vec<T, W> x[NV];
        for (int v = 0; v < NV; ++v) x[v] = load<W>(X + i * stride + v * W);
        if constexpr (Ahead)
            for (int v = 0; v < NV * W; v += 64 / sizeof(T)) prefetch(ahead + i * stride + v);
        for (int c = 0; c < C; ++c)
            for (int v = 0; v < NV; ++v) tile[c][v] += x[v] * A[i * k + c];
    }
    for (int c = 0; c < C; ++c)
        for (int v = 0; v < NV; ++v) store(sums + (c * NV + v) * W, tile[c][v]);
}

// Panels of NV vectors of columns, p >= NV W; the last one overlaps the one before it and gives only what is new.
// Memory: X once, from L1 again for each tile of components; A once for each panel, from L1; total once.
template <int W, int NV, class T>
void t_dot_of_width(const T* X, Size stride, Size m, Size p, const T* A, Size k, double* total) {
    constexpr Size width = W * NV;
    const Size panels = (p + width - 1) / width;
    auto first = [&](Size n) { return n + 1 < panels ? n * width : p - width; };
    Scratch<T> scratch((panels + 1) * width * k);
    T *sums = scratch.get(), *turned = sums + panels * width * k;
    for (Size s = 0; s < panels * width * k; ++s) sums[s] = 0;
    for (Size i = 0; i < m; i += strip_rows) {
        const Size rows = m - i < strip_rows ? m - i : strip_rows, next = i + 2 * strip_rows <= m ? strip_rows : 0;
        for (Size n = 0; n < panels; ++n) {
            const T* x = X + i * stride + first(n);
            for_parts<t_dot_components>(k, [&](auto components, Size q) {
                constexpr int C = decltype(components)::value;
                T* to = sums + (n * k + q) * width;
                if (q)
                    t_dot_tile<W, NV, C, false>(x, x, stride, rows, A + i * k + q, k, to);
                else
                    t_dot_tile<W, NV, C>(x, x + next * stride, stride, rows, A + i * k, k, to);
            });
        }
    }
    for (Size n = 0; n < panels; ++n) {
        transpose(sums + n * width * k, width, k, width, turned, k);
        for (Size s = (n * width - first(n)) * k; s < width * k; ++s) total[first(n) * k + s] += turned[s];
    }
}

template <class T>
void t_dot_add(const T* X, Size stride, Size m, Size p, const T* A, Size k, double* total) {
    constexpr int W = lanes<T>;
    if (p >= W * t_dot_vectors)
        t_dot_of_width<W, t_dot_vectors>(X, stride, m, p, A, k, total);
    else if (p > 0)
        t_dot_of_width<1, 1>(X, stride, m, p, A, k, total);
}

}  // namespace PARTWISE_ISA
}  // namespace partwise

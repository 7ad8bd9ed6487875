// Products of a sparse X with a factor, and the same with x * y^(beta - 2) in place of x.
//
// A row of a factor is cut into tiles of at most max_vectors vectors, whose number is a template parameter, so that
// the sums of a tile stay in registers. A row whose length is no multiple of the vector ends with a vector that
// overlaps the one before it: nothing is padded or copied, and the lanes counted twice compute the same number twice.
#pragma once

#include <cmath>

#include "simd.hpp"

namespace partwise {
namespace PARTWISE_ISA {

constexpr Size prefetch_distance = 8;
// Entries whose ratios are formed at once; their rows of B are still in L1 or L2 when used again. With 64 the ratio
// kernels take 1.1-1.3 times as long at k = 10 (the division waits for the dots just stored), the same from k = 50 on.
constexpr Size batch_size = 256;

// f(Constant<W>): the widest vector that fits in k columns.
template <class T, int V = lanes<T>, class F>
inline void with_width(Size k, F f) {
    if (k >= V)
        f(Constant<V>{});
    else if constexpr (V > 4)
        with_width<T, V / 2>(k, f);
    else
        f(Constant<1>{});
}

// f(Constant<W>, Constant<NV>, first, last) for each tile of the k columns: NV vectors of W, the first at column
// `first`, each W after the other but the last one, which is at `first + last`. Tiles are nearly equal, so a vector
// overlaps only within its tile.
template <class T, class F>
inline void for_tiles(Size k, F f) {
    if (k == 0) return;
    with_width<T>(k, [&](auto width) {
        constexpr int W = decltype(width)::value;
        const Size vectors = (k + W - 1) / W, tiles = (vectors + max_vectors - 1) / max_vectors;
        for (Size t = 0; t < tiles; ++t) {
            const Size low = vectors * t / tiles, high = vectors * (t + 1) / tiles, first = low * W;
            const Size last = t + 1 == tiles ? k - W - first : (high - low - 1) * W;
            with_count<max_vectors>(high - low, [&](auto count) { f(width, count, first, last); });
        }
    });
}

template <int NV, int W>
inline Size column(int q, Size last) {
    return q == NV - 1 ? last : Size(q) * W;
}

template <int Bytes>
inline void prefetch_row(const void* p) {
    for (int b = 0; b < Bytes; b += 64) prefetch(static_cast<const char*>(p) + b);
}

// sums += sum over `count` entries of x * B[index] in one tile. B and sums begin at the tile; `ahead` >= count says
// how many entries may be looked at to prefetch.
template <int W, int NV, class T, class I>
inline void gather(const T* x, const I* index, Size count, Size ahead, const T* B, Size k, Size last, T* sums) {
    constexpr int U = NV <= 2 ? 4 : NV <= 4 ? 2 : 1;  // chains of additions: hides their latency in narrow tiles
    Vec<T, W> part[U][NV] = {};
    for (int q = 0; q < NV; ++q) part[0][q] = load<W>(sums + column<NV, W>(q, last));
    auto add = [&](Size e, Vec<T, W>* to) {
        if (e + prefetch_distance < ahead)
            prefetch_row<NV * W * sizeof(T)>(B + Size(index[e + prefetch_distance]) * k);
        const T* b = B + Size(index[e]) * k;
        for (int q = 0; q < NV; ++q) to[q] += load<W>(b + column<NV, W>(q, last)) * x[e];
    };
    Size e = 0;
    for (; e + U <= count; e += U)
        for (int u = 0; u < U; ++u) add(e + u, part[u]);
    for (; e < count; ++e) add(e, part[0]);
    for (int u = 1; u < U; ++u)
        for (int q = 0; q < NV; ++q) part[0][q] += part[u][q];
    for (int q = 0; q < NV; ++q) store(sums + column<NV, W>(q, last), part[0][q]);
}

// total[index] += x * a in float64. A row has NV vectors, or any number if NV = 0: the stores are the limit here, so `a`
// may come from L1 each time and nothing is tiled. The last vector is read before the one it overlaps is written.
template <int W, int NV, class T, class I>
inline void scatter(const T* x, const I* index, Size count, Size ahead, const double* a, double* total, Size k) {
    const Size body = NV ? (NV - 1) * W : (k - 1) / W * W;
    for (Size e = 0; e < count; ++e) {
        if (e + prefetch_distance < ahead) {
            const double* next = total + Size(index[e + prefetch_distance]) * k;
            for (Size q = 0; q < body + W; q += 8) prefetch(next + q);
        }
        double* n = total + Size(index[e]) * k;
        const double value = x[e];
        const Vec<double, W> end = load<W>(n + k - W) + load<W>(a + k - W) * value;
        for (Size q = 0; q < body; q += W) store(n + q, load<W>(n + q) + load<W>(a + q) * value);
        store(n + k - W, end);
    }
}

template <class T, class I>
using Scatter = void (*)(const T*, const I*, Size, Size, const double*, double*, Size);

template <class T, class I>
inline Scatter<T, I> scatter_for(Size k) {
    Scatter<T, I> chosen = nullptr;
    with_width<double>(k, [&](auto width) {
        constexpr int W = decltype(width)::value;
        const Size vectors = (k + W - 1) / W;
        chosen = scatter<W, 0, T, I>;
        if (vectors <= max_vectors)
            with_count<max_vectors>(vectors, [&](auto count) { chosen = scatter<W, decltype(count)::value, T, I>; });
    });
    return chosen;
}

// Memory: X read once per tile, B gathered (k numbers per entry), out written once per tile.
template <class T, class I>
void csr_dot(CsrRows<T, I> X, const T* B, Size k, T* out) {
    const Size end = X.indptr[X.stop];
    for (Size s = 0; s < (X.stop - X.start) * k; ++s) out[s] = 0;
    for_tiles<T>(k, [&](auto width, auto count, Size first, Size last) {
        for (Size i = X.start; i < X.stop; ++i) {
            const Size low = X.indptr[i], high = X.indptr[i + 1];
            gather<decltype(width)::value, decltype(count)::value>(X.data + low, X.indices + low, high - low, end - low,
                                                                   B + first, k, last, out + (i - X.start) * k + first);
        }
    });
}

// Memory: X and A read once, total gathered and scattered (8 k bytes each way per entry).
template <class T, class I>
void csr_t_dot_add(CsrRows<T, I> X, const T* A, Size k, double* total) {
    if (k == 0) return;
    const Size end = X.indptr[X.stop];
    const auto add = scatter_for<T, I>(k);
    Scratch<double> wide(k);
    double* a = wide.get();
    for (Size i = X.start; i < X.stop; ++i) {
        const Size low = X.indptr[i], high = X.indptr[i + 1];
        for (Size q = 0; q < k; ++q) a[q] = A[(i - X.start) * k + q];
        add(X.data + low, X.indices + low, high - low, end - low, a, total, k);
    }
}

// a cut into the vectors of width W that `dots` multiplies: the lanes of the last one that overlap are 0.
template <int W, class T>
inline void cut(const T* a, Size k, T* pieces) {
    const Size body = (k - 1) / W * W;
    for (Size q = 0; q < body; ++q) pieces[q] = a[q];
    for (Size q = body; q < body + W; ++q) pieces[q] = k - W + (q - body) < body ? T(0) : a[k - W + (q - body)];
}

// y = a . B[index] for `count` <= batch_size entries, four at a time; every dot adds in the same order. A row of B
// has NV vectors, or any number if NV = 0. y has room for a multiple of four.
template <int W, int NV, class T, class I>
inline void dots(const T* pieces, const I* index, Size count, Size ahead, const T* B, Size k, T* y) {
    const Size body = NV ? (NV - 1) * W : (k - 1) / W * W;
    for (Size e = 0; e < count; e += 4) {
        const T* b[4];
        for (int u = 0; u < 4; ++u) {
            const Size at = e + u < count ? e + u : e;
            b[u] = B + Size(index[at]) * k;
            if (at + prefetch_distance < ahead) {
                const T* next = B + Size(index[at + prefetch_distance]) * k;
                for (Size q = 0; q < body + W; q += 64 / sizeof(T)) prefetch(next + q);
            }
        }
        Vec<T, W> sums[4] = {};
        for (Size q = 0; q < body; q += W)
            for (int u = 0; u < 4; ++u) sums[u] += load<W>(b[u] + q) * load<W>(pieces + q);
        for (int u = 0; u < 4; ++u) sums[u] += load<W>(b[u] + k - W) * load<W>(pieces + body);
        sum4(sums, y + e);
    }
}

// y <- x * max(y, floor)^(beta - 2), which is 0 where x = 0 though the power of a small y may be infinite
template <class T>
inline void to_ratios(const T* x, Size count, T beta, T floor, T* y) {
    auto apply = [&](auto f) {
        for (Size e = 0; e < count; ++e) {
            const T ratio = f(x[e], at_least(y[e], floor));
            y[e] = x[e] == 0 ? T(0) : ratio;
        }
    };
    if (beta == T(2))
        apply([](T x, T) { return x; });
    else if (beta == T(3))
        apply([](T x, T y) { return x * y; });
    else if (beta == T(1))
        apply([](T x, T y) { return x / y; });
    else if (beta == T(0))
        apply([](T x, T y) { return x / y / y; });
    else if (beta == T(0.5))
        apply([](T x, T y) { return x / (y * std::sqrt(y)); });
    else if (beta == T(1.5))
        apply([](T x, T y) { return x / std::sqrt(y); });
    else
        apply([exponent = beta - 2](T x, T y) { return x * std::pow(y, exponent); });
}

// use(i, low, count, ahead, y) for each batch of entries low, low + 1, .. of row i, y = a_i . B[index].
template <class T, class I, class Use>
inline void for_batches(const CsrRows<T, I>& X, const T* A, const T* B, Size k, Use use) {
    if (k == 0) return;
    const Size end = X.indptr[X.stop];
    Scratch<T> scratch(k + lanes<T> + batch_size);
    T *pieces = scratch.get(), *y = pieces + k + lanes<T>;
    with_width<T>(k, [&](auto width) {
        constexpr int W = decltype(width)::value;
        void (*dots_of_row)(const T*, const I*, Size, Size, const T*, Size, T*) = dots<W, 0, T, I>;
        const Size vectors = (k + W - 1) / W;
        if (vectors <= 4)
            with_count<4>(vectors, [&](auto count) { dots_of_row = dots<W, decltype(count)::value, T, I>; });
        for (Size i = X.start; i < X.stop; ++i) {
            cut<W>(A + (i - X.start) * k, k, pieces);
            for (Size low = X.indptr[i], high = X.indptr[i + 1]; low < high; low += batch_size) {
                const Size count = high - low < batch_size ? high - low : batch_size;
                dots_of_row(pieces, X.indices + low, count, end - low, B, k, y);
                use(i, low, count, end - low, y);
            }
        }
    });
}

// Memory: X and A read once, B gathered once per entry (the second use of a row finds it in cache), out written once.
template <class T, class I>
void csr_ratio_dot(CsrRows<T, I> X, const T* A, const T* B, Size k, double beta, double floor, T* out) {
    for (Size s = 0; s < (X.stop - X.start) * k; ++s) out[s] = 0;
    for_batches(X, A, B, k, [&](Size i, Size low, Size count, Size, T* y) {
        to_ratios(X.data + low, count, T(beta), T(floor), y);
        for_tiles<T>(k, [&](auto width, auto vectors, Size first, Size last) {
            gather<decltype(width)::value, decltype(vectors)::value>(y, X.indices + low, count, 0, B + first, k, last,
                                                                     out + (i - X.start) * k + first);
        });
    });
}

// Memory: X and A read once, B gathered once, total gathered and scattered once (8 k bytes each way) per entry.
template <class T, class I>
void csr_ratio_t_dot_add(CsrRows<T, I> X, const T* A, const T* B, Size k, double beta, double floor, double* total) {
    if (k == 0) return;
    const auto add = scatter_for<T, I>(k);
    Scratch<double> wide(k);
    double* a = wide.get();
    Size held = -1;
    for_batches(X, A, B, k, [&](Size i, Size low, Size count, Size ahead, T* y) {
        to_ratios(X.data + low, count, T(beta), T(floor), y);
        if (held != i)
            for (Size q = 0; q < k; ++q) a[q] = A[(i - X.start) * k + q];
        held = i;
        add(y, X.indices + low, count, ahead, a, total, k);
    });
}

// Memory: X and A read once, B gathered once per entry.
template <class T, class I>
double csr_value(CsrRows<T, I> X, const T* A, const T* B, Size k, double beta, double floor) {
    double value = 0;
    auto sum = [&](auto term) {
        for_batches(X, A, B, k, [&](Size, Size low, Size count, Size, const T* y) {
            double batch = 0;
            for (Size e = 0; e < count; ++e) {
                const T x = X.data[low + e];
                if (x > 0) batch += term(double(x), double(at_least(y[e], T(floor))));
            }
            value += batch;
        });
    };
    if (beta == 1)
        sum([](double x, double y) { return x * std::log(x / y) - x; });
    else if (beta == 0)
        sum([](double x, double y) { return x / y - std::log(x / y) - 1; });
    else
        sum([beta](double x, double y) {
            return std::pow(x, beta) / (beta * (beta - 1)) - x * std::pow(y, beta - 1) / (beta - 1);
        });
    return value;
}

// Memory: X, the weights and A read once, B gathered once per entry.
template <class T, class I>
double csr_weighted_value(CsrRows<T, I> X, const T* weights, const T* A, const T* B, Size k, double beta,
                          double floor) {
    double value = 0;
    auto sum = [&](auto term) {
        for_batches(X, A, B, k, [&](Size, Size low, Size count, Size, const T* y) {
            double batch = 0;
            for (Size e = 0; e < count; ++e) {
                const double weight = weights[low + e];
                if (weight != 0) batch += weight * term(double(X.data[low + e]), double(y[e]));
            }
            value += batch;
        });
    };
    auto sum_floored = [&](auto term) {
        sum([term, floor](double x, double y) { return term(x, at_least(y, floor)); });
    };
    if (beta == 2)
        sum([](double x, double y) { return (x - y) * (x - y) / 2; });
    else if (beta == 1)
        sum_floored([](double x, double y) { return x == 0 ? y : x * std::log(x / y) - x + y; });
    else if (beta == 0)
        sum_floored([](double x, double y) { return x / y - std::log(x / y) - 1; });
    else
        sum_floored([beta](double x, double y) {
            const double slope = std::pow(y, beta - 1), rest = slope * y / beta;
            if (x == 0 && beta > 0) return rest;
            return std::pow(x, beta) / (beta * (beta - 1)) - x * slope / (beta - 1) + rest;
        });
    return value;
}

// Memory: X and A read once, B gathered once per entry, out written once.
template <class T, class I>
void csr_residual(CsrRows<T, I> X, const T* A, const T* B, Size k, T* out) {
    const Size start = X.indptr[X.start], stop = X.indptr[X.stop];
    if (k == 0)
        for (Size e = start; e < stop; ++e) out[e - start] = X.data[e];
    for_batches(X, A, B, k, [&](Size, Size low, Size count, Size, const T* y) {
        for (Size e = 0; e < count; ++e) out[low - start + e] = X.data[low + e] - y[e];
    });
}

}  // namespace PARTWISE_ISA
}  // namespace partwise

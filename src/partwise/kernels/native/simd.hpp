// Vectors of the instruction set that this object is compiled for, and scratch memory.
#pragma once

#include <cstdlib>
#include <cstring>

#include "kernels.hpp"

#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define PARTWISE_VECTORS 1
#endif
#endif

namespace partwise {
namespace PARTWISE_ISA {

#ifndef PARTWISE_VECTORS
template <class T>
constexpr int lanes = 1;  // a compiler without vector extensions (MSVC): the same code on plain numbers
#elif defined(__AVX512F__)
template <class T>
constexpr int lanes = 64 / sizeof(T);
#elif defined(__AVX2__)
template <class T>
constexpr int lanes = 32 / sizeof(T);
#else
template <class T>
constexpr int lanes = 16 / sizeof(T);
#endif

template <class T, int W>
struct VecOf {
#ifdef PARTWISE_VECTORS
    typedef T type __attribute__((vector_size(W * sizeof(T))));
#endif
};
template <class T>
struct VecOf<T, 1> {
    typedef T type;
};
template <class T, int W = lanes<T>>
using Vec = typename VecOf<T, W>::type;

constexpr int max_vectors = 14;  // of 16 registers: the sums, one factor and one broadcast
constexpr bool many_registers = lanes<float> == 16;  // 32 instead of 16

template <int N>
struct Constant {
    static constexpr int value = N;
};

// f(Constant<count>), 1 <= count <= Most.
template <int Most, int N = 1, class F>
inline void with_count(Size count, F f) {
    if constexpr (N == Most)
        f(Constant<N>{});
    else if (count == N)
        f(Constant<N>{});
    else
        with_count<Most, N + 1>(count, f);
}

template <int W, class T>
inline Vec<T, W> load(const T* p) {
    Vec<T, W> v;
    std::memcpy(&v, p, sizeof v);
    return v;
}

template <class V, class T>
inline void store(T* p, V v) {
    std::memcpy(p, &v, sizeof v);
}

// As many numbers as a vector of float64 holds, in float64.
template <class T>
inline Vec<double> widened(const T* p) {
#ifdef PARTWISE_VECTORS
    return __builtin_convertvector(load<lanes<double>>(p), Vec<double>);
#else
    return double(*p);
#endif
}

// A NaN in `a` survives each of these three.
template <class V>
inline V at_least(V a, V low) {
    return a < low ? low : a;
}
template <class V>
inline V positive_part(V a) {
    return at_least(a, V{});
}
// The projected gradient of a >= 0: g where a > 0, else min(g, 0).
template <class V>
inline V projected(V a, V g) {
    V down = g > V{} ? V{} : g;
    return a > V{} ? g : down;
}

template <class V>
inline V at_most(V a, V high) {
    return a > high ? high : a;
}
// The same between bounds: at the lower one only min(g, 0), at the upper one only max(g, 0).
template <class V>
inline V projected(V a, V g, V lower, V upper) {
    V down = g > V{} ? V{} : g, upward = a > lower ? g : down;
    V rest = upward < V{} ? V{} : upward;
    return a < upper ? upward : rest;
}

// The bounds of the rows from `row` on.
template <class T>
inline Bounds<T> from_row(Bounds<T> bounds, Size row, Size k) {
    return bounds.lower ? Bounds<T>{bounds.lower + row * k, bounds.upper + row * k} : bounds;
}

template <class T>
inline T clip(T a, Bounds<T> bounds, Size q) {
    return at_most(at_least(a, bounds.lower[q]), bounds.upper[q]);
}

inline void prefetch(const void* p) {
#ifdef PARTWISE_VECTORS
    __builtin_prefetch(p);
#else
    (void)p;
#endif
}

// out[i] = sum of the lanes of v[i], i < 4, always added in the same order.
template <class T>
inline void sum4(const T* v, T* out) {
    for (int i = 0; i < 4; ++i) out[i] = v[i];
}
#ifdef PARTWISE_VECTORS
inline void sum4(const Vec<float, 4>* v, float* out) {
    auto pairs = [](Vec<float, 4> a, Vec<float, 4> b) {
        return __builtin_shufflevector(a, b, 0, 2, 4, 6) + __builtin_shufflevector(a, b, 1, 3, 5, 7);
    };
    store(out, pairs(pairs(v[0], v[1]), pairs(v[2], v[3])));
}
inline void sum4(const Vec<double, 2>* v, double* out) {
    auto pairs = [](Vec<double, 2> a, Vec<double, 2> b) {
        return __builtin_shufflevector(a, b, 0, 2) + __builtin_shufflevector(a, b, 1, 3);
    };
    store(out, pairs(v[0], v[1]));
    store(out + 2, pairs(v[2], v[3]));
}
#ifdef __AVX2__
inline void sum4(const Vec<float, 8>* v, float* out) {
    auto pairs = [](Vec<float, 8> a, Vec<float, 8> b) {
        return __builtin_shufflevector(a, b, 0, 2, 8, 10, 4, 6, 12, 14) +
               __builtin_shufflevector(a, b, 1, 3, 9, 11, 5, 7, 13, 15);
    };
    auto s = pairs(pairs(v[0], v[1]), pairs(v[2], v[3]));
    store(out, __builtin_shufflevector(s, s, 0, 1, 2, 3) + __builtin_shufflevector(s, s, 4, 5, 6, 7));
}
inline void sum4(const Vec<double, 4>* v, double* out) {
    auto pairs = [](Vec<double, 4> a, Vec<double, 4> b) {
        return __builtin_shufflevector(a, b, 0, 4, 2, 6) + __builtin_shufflevector(a, b, 1, 5, 3, 7);
    };
    auto s = pairs(v[0], v[1]), t = pairs(v[2], v[3]);
    store(out, __builtin_shufflevector(s, t, 0, 1, 4, 5) + __builtin_shufflevector(s, t, 2, 3, 6, 7));
}
#endif
#ifdef __AVX512F__
inline void sum4(const Vec<float, 16>* v, float* out) {
    Vec<float, 8> halves[4];
    for (int i = 0; i < 4; ++i)
        halves[i] = __builtin_shufflevector(v[i], v[i], 0, 1, 2, 3, 4, 5, 6, 7) +
                    __builtin_shufflevector(v[i], v[i], 8, 9, 10, 11, 12, 13, 14, 15);
    sum4(halves, out);
}
inline void sum4(const Vec<double, 8>* v, double* out) {
    Vec<double, 4> halves[4];
    for (int i = 0; i < 4; ++i)
        halves[i] = __builtin_shufflevector(v[i], v[i], 0, 1, 2, 3) + __builtin_shufflevector(v[i], v[i], 4, 5, 6, 7);
    sum4(halves, out);
}
#endif
#endif

template <class T>
inline T sum_lanes_of(Vec<T> v) {
    Vec<T> four[4] = {v, Vec<T>{}, Vec<T>{}, Vec<T>{}};
    T sums[4];
    sum4(four, sums);
    return sums[0];
}

#ifdef PARTWISE_VECTORS
// The first halves of a and b interleaved, then their second halves; of vectors of 32 bytes each half of 16 on its own.
inline void interleave(Vec<float, 4> a, Vec<float, 4> b, Vec<float, 4>* to) {
    to[0] = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    to[1] = __builtin_shufflevector(a, b, 2, 6, 3, 7);
}
inline void interleave(Vec<double, 2> a, Vec<double, 2> b, Vec<double, 2>* to) {
    to[0] = __builtin_shufflevector(a, b, 0, 2);
    to[1] = __builtin_shufflevector(a, b, 1, 3);
}
#ifdef __AVX2__
inline void interleave(Vec<float, 8> a, Vec<float, 8> b, Vec<float, 8>* to) {
    to[0] = __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13);
    to[1] = __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
}
inline void interleave(Vec<double, 4> a, Vec<double, 4> b, Vec<double, 4>* to) {
    to[0] = __builtin_shufflevector(a, b, 0, 4, 2, 6);
    to[1] = __builtin_shufflevector(a, b, 1, 5, 3, 7);
}
// The first 16 bytes of a and of b, and the second.
inline void pair_halves(Vec<float, 8> a, Vec<float, 8> b, Vec<float, 8>& first, Vec<float, 8>& second) {
    first = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11);
    second = __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
}
inline void pair_halves(Vec<double, 4> a, Vec<double, 4> b, Vec<double, 4>& first, Vec<double, 4>& second) {
    first = __builtin_shufflevector(a, b, 0, 1, 4, 5);
    second = __builtin_shufflevector(a, b, 2, 3, 6, 7);
}
#endif

// to = transpose of the L x L square at `from`. Squares of 16 bytes a side are transposed by interleaving the first half
// of their rows with the second, again and again; of 32 bytes, side by side, and their halves change places at the end.
template <int L, class T>
inline void transpose_square(const T* from, Size from_stride, T* to, Size to_stride) {
    constexpr int S = 16 / sizeof(T);
    Vec<T, L> rows[L], next[L];
    for (int r = 0; r < L; ++r) rows[r] = load<L>(from + r * from_stride);
    for (int stage = 1; stage < S; stage *= 2) {
        for (int r = 0; r < L; r += 2) {
            const int first = r / S * S + r % S / 2;
            interleave(rows[first], rows[first + S / 2], next + r);
        }
        for (int r = 0; r < L; ++r) rows[r] = next[r];
    }
    if constexpr (L > S) {
        for (int r = 0; r < S; ++r) pair_halves(rows[r], rows[r + S], next[r], next[r + S]);
        for (int r = 0; r < L; ++r) rows[r] = next[r];
    }
    for (int r = 0; r < L; ++r) store(to + r * to_stride, rows[r]);
}
#endif

// to[c * to_stride + r] = from[r * from_stride + c] for r < rows, c < columns, in squares of L x L or less. The squares
// at the ends overlap their neighbours and write the same numbers again.
template <class T, int L = (lanes<T> * sizeof(T) < 32 ? lanes<T> : 32 / int(sizeof(T)))>
inline void transpose(const T* from, Size from_stride, Size rows, Size columns, T* to, Size to_stride) {
#ifdef PARTWISE_VECTORS
    if constexpr (L * sizeof(T) >= 16) {
        if (rows < L || columns < L) return transpose<T, L / 2>(from, from_stride, rows, columns, to, to_stride);
        for (Size row = 0; row < rows; row += L) {
            const Size r = row + L <= rows ? row : rows - L;
            for (Size column = 0; column < columns; column += L) {
                const Size c = column + L <= columns ? column : columns - L;
                transpose_square<L>(from + r * from_stride + c, from_stride, to + c * to_stride + r, to_stride);
            }
        }
        return;
    }
#endif
    for (Size r = 0; r < rows; ++r)
        for (Size c = 0; c < columns; ++c) to[c * to_stride + r] = from[r * from_stride + c];
}

// Uninitialised memory, 64-byte aligned, for the length of one call of a kernel.
template <class T>
class Scratch {
public:
    explicit Scratch(Size count) : raw_(std::malloc(static_cast<std::size_t>(count) * sizeof(T) + 64)) {
        if (!raw_) out_of_memory();
    }
    ~Scratch() { std::free(raw_); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    T* get() const { return reinterpret_cast<T*>((reinterpret_cast<std::uintptr_t>(raw_) + 63) & ~std::uintptr_t(63)); }

private:
    void* raw_;
};

}  // namespace PARTWISE_ISA
}  // namespace partwise

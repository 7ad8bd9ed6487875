// What a pass over plain numbers can tell, in float64.
#pragma once

#include "simd.hpp"

namespace partwise {
namespace PARTWISE_ISA {

template <int W, class T>
inline Vec<double, W> widened(Vec<T, W> x) {
#ifdef PARTWISE_VECTORS
    if constexpr (W > 1) return __builtin_convertvector(x, Vec<double, W>);
#endif
    if constexpr (W == 1) return x;
}

template <int W, class T>
inline void add_lanes(const Vec<T, W>& v, double& sum) {
    T each[W];
    store(each, v);
    for (int l = 0; l < W; ++l) sum += each[l];
}

// Memory: the values read once. Two vectors of sums, in a fixed order, hide the latency of the additions.
template <class T>
Summary summary(const T* values, Size count) {
    constexpr int W = lanes<double>, L = 2;
    constexpr Size most = Size(1) << 20;  // entries until their count, kept in T, is passed on: it stays exact
    Vec<double, W> total[L] = {}, norm2[L] = {};
    Vec<T, W> lowest[L] = {}, largest[L] = {}, nonzero[L] = {};
    double nonzeros = 0;
    auto add = [&](const T* at, int l) {
        const Vec<T, W> x = load<W>(at);
        const Vec<double, W> wide = widened<W, T>(x);
        total[l] += wide;
        norm2[l] += wide * wide;
        lowest[l] = x < lowest[l] ? x : lowest[l];
        largest[l] = x > largest[l] ? x : largest[l];
        nonzero[l] += x != Vec<T, W>{} ? Vec<T, W>{} + 1 : Vec<T, W>{};
    };
    for (Size low = 0; low < count; low += most) {
        const Size stop = count - low < most ? count : low + most;
        Size s = low;
        for (; s + L * W <= stop; s += L * W)
            for (int l = 0; l < L; ++l) add(values + s + l * W, l);
        T rest[L * W] = {};
        for (Size r = s; r < stop; ++r) rest[r - s] = values[r];
        for (int l = 0; l < L; ++l) add(rest + l * W, l);
        for (int l = 0; l < L; ++l) {
            add_lanes<W, T>(nonzero[l], nonzeros);
            nonzero[l] = Vec<T, W>{};
        }
    }
    Summary all{0, 0, 0, 0, Size(nonzeros)};
    for (int l = 0; l < L; ++l) {
        add_lanes<W, double>(total[l], all.total);
        add_lanes<W, double>(norm2[l], all.norm2);
        T low[W], high[W];
        store(low, lowest[l]);
        store(high, largest[l]);
        for (int i = 0; i < W; ++i) {
            all.lowest = low[i] < all.lowest ? double(low[i]) : all.lowest;
            all.largest = high[i] > all.largest ? double(high[i]) : all.largest;
        }
    }
    return all;
}

// Memory: A read once.
template <class T>
void column_sums(const T* A, Size m, Size k, double* __restrict total) {
    for (Size i = 0; i < m; ++i)
        for (Size q = 0; q < k; ++q) total[q] += double(A[i * k + q]);
}

}  // namespace PARTWISE_ISA
}  // namespace partwise

// What a pass over plain numbers can tell, in float64.
#pragma once

#include "simd.hpp"

namespace partwise {
namespace PARTWISE_ISA {

// Memory: the values read once. Eight partial sums, in a fixed order, hide the latency of the additions.
template <class T>
Summary summary(const T* values, Size count) {
    constexpr int L = 8;
    double total[L] = {}, norm2[L] = {}, nonzeros[L] = {};
    T lowest[L] = {}, largest[L] = {};
    auto add = [&](const T* x) {
        double wide[L];
        for (int l = 0; l < L; ++l) wide[l] = x[l];
        for (int l = 0; l < L; ++l) total[l] += wide[l];
        for (int l = 0; l < L; ++l) norm2[l] += wide[l] * wide[l];
        for (int l = 0; l < L; ++l) lowest[l] = x[l] < lowest[l] ? x[l] : lowest[l];
        for (int l = 0; l < L; ++l) largest[l] = x[l] > largest[l] ? x[l] : largest[l];
        for (int l = 0; l < L; ++l) nonzeros[l] += wide[l] != 0 ? 1.0 : 0.0;
    };
    Size s = 0;
    for (; s + L <= count; s += L) add(values + s);
    if (s < count) {
        T rest[L] = {};
        for (int l = 0; s + l < count; ++l) rest[l] = values[s + l];
        add(rest);
    }
    Summary all{0, 0, 0, 0, 0};
    for (int l = 0; l < L; ++l) {
        all.total += total[l];
        all.norm2 += norm2[l];
        all.lowest = lowest[l] < all.lowest ? double(lowest[l]) : all.lowest;
        all.largest = largest[l] > all.largest ? double(largest[l]) : all.largest;
        all.nonzeros += Size(nonzeros[l]);
    }
    return all;
}

}  // namespace PARTWISE_ISA
}  // namespace partwise

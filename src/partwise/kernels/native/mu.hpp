// The multiplicative update.
//
// Fevotte & Idier (2011), doi:10.1162/NECO_a_00168
#pragma once

#include <cmath>

#include "simd.hpp"

namespace partwise {
namespace PARTWISE_ISA {

// One row; bounds are its own, or null; grad2 and neg2 are the call's own sums. Power is the exponent gamma as a function.
template <class T, class Power>
inline void mu_row(T* __restrict a, Size k, const T* __restrict neg, const T* __restrict pos, T l1, T l2,
                   const T* __restrict inverse, double* __restrict grad2, double* __restrict neg2, Bounds<T> bounds, Power power) {
    for (Size q = 0; q < k; ++q) {
        T push = pos[q] + l1, ridge = l2 * a[q];
        double g = push + ridge - neg[q], share = a[q] * inverse[q];  // an entry near 0 counts by how far it still is
        if (bounds.lower) g = projected(double(a[q]), g, double(bounds.lower[q]), double(bounds.upper[q]));
        g *= g > 0 && share < 1 ? share : 1;
        grad2[q] += g * g;
        neg2[q] += double(neg[q]) * double(neg[q]);
        T bottom = l2 > 0 ? (push + std::sqrt(push * push + 4 * ridge * neg[q])) / 2 : push;
        T factor = power(neg[q] / bottom);
        a[q] *= bottom > 0 ? factor : T(1);
        if (bounds.lower) a[q] = clip(a[q], bounds, q);
    }
}

// Memory: A read and written, neg, pos and bounds read once.
template <class T>
void mu(T* A, Size m, Size k, const T* neg, const T* pos, bool shared_pos, double gamma, double l1, double l2,
        const T* size, double* grad2, double* neg2, Bounds<T> bounds) {
    Scratch<double> sums(2 * k);
    double *grad_sum = sums.get(), *neg_sum = sums.get() + k;
    for (Size q = 0; q < 2 * k; ++q) grad_sum[q] = 0;
    Scratch<T> inverse(k);
    for (Size q = 0; q < k; ++q) inverse.get()[q] = size[q] > 0 ? 1 / size[q] : T(0);
    auto rows = [&](auto power) {
        for (Size i = 0; i < m; ++i)
            mu_row(A + i * k, k, neg + i * k, shared_pos ? pos : pos + i * k, T(l1), T(l2), inverse.get(), grad_sum,
                   neg_sum, from_row(bounds, i, k), power);
    };
    if (gamma == 1)
        rows([](T ratio) { return ratio; });
    else if (gamma == 0.5)
        rows([](T ratio) { return std::sqrt(ratio); });
    else
        rows([exponent = T(gamma)](T ratio) { return std::pow(ratio, exponent); });
    for (Size q = 0; q < k; ++q) {
        grad2[q] += grad_sum[q];
        neg2[q] += neg_sum[q];
    }
}

}  // namespace PARTWISE_ISA
}  // namespace partwise

// The multiplicative update.
//
// Fevotte & Idier (2011), doi:10.1162/NECO_a_00168
#pragma once

#include <cmath>

#include "simd.hpp"

namespace partwise {
namespace PARTWISE_ISA {

// The entries of a row: anything from 0 on, or between bounds. Two types, so that the loop without bounds stays one of
// vectors.
template <class T>
struct Unbounded {
    Unbounded from(Size, Size) const { return *this; }
    double slope(Size, double, double g) const { return g; }
    T keep(Size, T a) const { return a; }
};
template <class T>
struct Bounded {
    Bounds<T> bounds;
    Bounded from(Size row, Size k) const { return {from_row(bounds, row, k)}; }
    double slope(Size q, double a, double g) const {
        return projected(a, g, double(bounds.lower[q]), double(bounds.upper[q]));
    }
    T keep(Size q, T a) const { return clip(a, bounds, q); }
};

// One row; grad2 and neg2 are the call's own sums. Power is the exponent gamma as a function.
template <class T, class Limits, class Power>
inline void mu_row(T* __restrict a, Size k, const T* __restrict neg, const T* __restrict pos, T l1, T l2,
                   const T* __restrict inverse, double* __restrict grad2, double* __restrict neg2, Limits limits, Power power) {
    for (Size q = 0; q < k; ++q) {
        T push = pos[q] + l1, ridge = l2 * a[q];
        double g = push + ridge - neg[q], share = a[q] * inverse[q];  // an entry near 0 counts by how far it still is
        g = limits.slope(q, a[q], g);
        g *= g > 0 && share < 1 ? share : 1;
        grad2[q] += g * g;
        neg2[q] += double(neg[q]) * double(neg[q]);
        T bottom = l2 > 0 ? (push + std::sqrt(push * push + 4 * ridge * neg[q])) / 2 : push;
        T factor = power(neg[q] / bottom);
        a[q] = limits.keep(q, a[q] * (bottom > 0 ? factor : T(1)));
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
    auto rows_within = [&](auto limits, auto power) {
        for (Size i = 0; i < m; ++i)
            mu_row(A + i * k, k, neg + i * k, shared_pos ? pos : pos + i * k, T(l1), T(l2), inverse.get(), grad_sum,
                   neg_sum, limits.from(i, k), power);
    };
    auto rows = [&](auto power) {
        bounds.lower ? rows_within(Bounded<T>{bounds}, power) : rows_within(Unbounded<T>{}, power);
    };
    if (gamma == 1)
        rows([](T ratio) { return ratio; });
    else if (gamma == 0.5)
        rows([](T ratio) { return std::sqrt(ratio); });
    else if (gamma == 1.25)
        rows([](T ratio) { return ratio * std::sqrt(std::sqrt(ratio)); });
    else if (gamma == 1.75)
        rows([](T ratio) { const T root = std::sqrt(ratio); return ratio * root * std::sqrt(root); });
    else
        rows([exponent = T(gamma)](T ratio) { return std::pow(ratio, exponent); });
    for (Size q = 0; q < k; ++q) {
        grad2[q] += grad_sum[q];
        neg2[q] += neg_sum[q];
    }
}

}  // namespace PARTWISE_ISA
}  // namespace partwise

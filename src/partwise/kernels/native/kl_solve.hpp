// Cyclic Newton coordinate descent on the Kullback-Leibler divergence of one row at a time, SIMD lanes over its
// nonzeros.
//
// Hsieh & Dhillon (2011), doi:10.1145/2020408.2020577; Hien & Gillis (2021), doi:10.1007/s10915-021-01504-0
#pragma once

#include <cmath>

#include "simd.hpp"

namespace partwise {
namespace PARTWISE_ISA {

// The nonzeros of one row, padded to whole vectors with x = b = 0 and y > 0, which add nothing.
template <class T>
struct KlRow {
    Size count, padded;
    T *x, *y;
    T* b;  // k x padded: row q holds B[index, q]
};

template <class T>
inline T sum_lanes_of(Vec<T> v) {
    Vec<T> four[4] = {v, Vec<T>{}, Vec<T>{}, Vec<T>{}};
    T sums[4];
    sum4(four, sums);
    return sums[0];
}

// pull = sum x b / y and curve = sum x b^2 / y^2
template <class T>
inline void kl_sums(const KlRow<T>& row, const T* b, double& pull, double& curve) {
    constexpr int V = lanes<T>;
    Vec<T> first{}, second{};
    for (Size j = 0; j < row.padded; j += V) {
        const Vec<T> y = load<V>(row.y + j), scaled = load<V>(b + j) / y, term = scaled * load<V>(row.x + j);
        first += term;
        second += term * scaled;
    }
    pull = sum_lanes_of<T>(first);
    curve = sum_lanes_of<T>(second);
}

// y <- max(y + step b, floor)
template <class T>
inline void kl_move(const KlRow<T>& row, const T* b, T step, T floor) {
    for (Size j = 0; j < row.padded; ++j) row.y[j] = at_least(row.y[j] + step * b[j], floor);
}

template <class T>
inline bool kl_row(const KlRow<T>& row, T* a, Size k, const double* colsum, double l1, double l2, T floor, double tol,
                   Size max_sweeps) {
    constexpr double tiny = 1e-300;  // as in reference.py: both sides zero
    for (Size sweep = 0; sweep < max_sweeps; ++sweep) {
        if (sweep % 8 == 0) {  // y anew, against drift
            for (Size j = 0; j < row.padded; ++j) row.y[j] = j < row.count ? T(0) : T(1);
            for (Size q = 0; q < k; ++q) kl_move(row, row.b + q * row.padded, a[q], T(0));
            kl_move(row, row.b, T(0), floor);
        }
        double worst = 0;
        for (Size q = 0; q < k; ++q) {
            const T* b = row.b + q * row.padded;
            double pull, curve;
            kl_sums(row, b, pull, curve);
            const double now = a[q], push = colsum[q] + l1 + l2 * now, g = push - pull;
            const double scale = colsum[q] + l1;
            const double violation = (now > 0 ? std::abs(g) : at_least(-g, 0.0)) / (scale > tiny ? scale : tiny);
            worst = at_least(violation, worst);
            curve += l2;
            T next = curve > 0 ? T(positive_part(now - g / curve)) : T(0);
            if (curve > 0 && next < now / 2) {
                const double step = double(next) - now;
                double rise = step * scale + l2 * (double(next) * next - now * now) / 2;
                for (Size j = 0; j < row.count; ++j)
                    rise -= row.x[j] * std::log(at_least(row.y[j] + T(step) * b[j], floor) / row.y[j]);
                if (rise > 0) next = T(2 * now * pull / (scale + std::sqrt(scale * scale + 4 * l2 * now * pull)));
            }
            if (next != a[q]) kl_move(row, b, T(next - a[q]), floor);
            a[q] = next;
        }
        if (worst <= tol) return true;
    }
    return false;
}

// Memory: X and A read once, B gathered once into scratch of (k + 2) numbers per nonzero of the longest row; every
// sweep then passes over that scratch twice.
template <class T, class I>
void kl_solve(CsrRows<T, I> X, T* A, const T* B, Size k, const double* colsum, double l1, double l2, double floor,
              double tol, Size max_sweeps, std::uint8_t* converged) {
    constexpr int V = lanes<T>;
    Size longest = 0;
    for (Size i = X.start; i < X.stop; ++i) {
        const Size length = X.indptr[i + 1] - X.indptr[i];
        longest = length > longest ? length : longest;
    }
    longest = (longest + V - 1) / V * V;
    Scratch<T> scratch((k + 2) * longest);
    for (Size i = X.start; i < X.stop; ++i) {
        KlRow<T> row{0, 0, scratch.get(), scratch.get() + longest, scratch.get() + 2 * longest};
        for (Size e = X.indptr[i]; e < X.indptr[i + 1]; ++e) row.count += X.data[e] > 0;
        row.padded = (row.count + V - 1) / V * V;
        T* a = A + (i - X.start) * k;
        if (row.count == 0) {
            for (Size q = 0; q < k; ++q) a[q] = 0;
            converged[i - X.start] = 1;
            continue;
        }
        Size j = 0;
        T largest = 0;
        for (Size e = X.indptr[i]; e < X.indptr[i + 1]; ++e) {
            if (!(X.data[e] > 0)) continue;
            const T* b = B + Size(X.indices[e]) * k;
            for (Size q = 0; q < k; ++q) row.b[q * row.padded + j] = b[q];
            largest = at_least(X.data[e], largest);
            row.x[j++] = X.data[e];
        }
        for (; j < row.padded; ++j) {
            row.x[j] = 0;
            for (Size q = 0; q < k; ++q) row.b[q * row.padded + j] = 0;
        }
        converged[i - X.start] = kl_row(row, a, k, colsum, l1, l2, T(floor * largest), tol, max_sweeps);
    }
}

}  // namespace PARTWISE_ISA
}  // namespace partwise

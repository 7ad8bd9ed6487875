// The value of the quadratics that a factor was just updated with.
#pragma once

#include "hals.hpp"

namespace partwise {
namespace PARTWISE_ISA {

// The sum of 1/2 a gram a' over four vectors of rows, transposed: coordinate q of row i is at[q * R + i]. Two
// coordinates go together as in sweep_block, over the lower triangle of gram alone.
template <int R>
inline double half_products(const double* at, Size k, const double* gram) {
    constexpr int V = lanes<double>;
    Vec<double> total[4] = {};
    auto add = [&](Size q, int i, Vec<double> below) {
        const Vec<double> a = load<V>(at + q * R + i * V);
        total[i] += a * (below + a * (gram[q * k + q] / 2));
    };
    for (Size q = 0; q < k; q += 2) {
        const bool two = q + 1 < k;
        const double *row0 = gram + q * k, *row1 = two ? row0 + k : row0;
        Vec<double> g0[4] = {}, g1[4] = {};
        for (Size r = 0; r < q; ++r)
            for (int i = 0; i < 4; ++i) {
                const Vec<double> a = load<V>(at + r * R + i * V);
                g0[i] += a * row0[r];
                g1[i] += a * row1[r];
            }
        for (int i = 0; i < 4; ++i) add(q, i, g0[i]);
        if (two)
            for (int i = 0; i < 4; ++i) add(q + 1, i, g1[i] + load<V>(at + q * R + i * V) * row1[q]);
    }
    return sum_lanes_of<double>((total[0] + total[1]) + (total[2] + total[3]));
}

// Memory: A read twice, the second time from cache, cross once; gram and 12 or 16 k R bytes of scratch in L1/L2.
template <class T>
double quadratic_value(const T* A, Size m, Size k, const double* gram, const double* cross) {
    constexpr int V = lanes<double>, R = block_rows<T>;
    Scratch<T> narrow(k * R);
    Scratch<double> wide(k * R);
    double products = 0, inner = 0;
    for (Size low = 0; low < m; low += R, A += R * k, cross += R * k) {
        const Size count = m - low < R ? m - low : R;
        transpose_in(A, count, k, narrow.get());
        for (Size s = 0; s < k * R; s += V) store(wide.get() + s, widened(narrow.get() + s));
        for (Size part = 0; part < count; part += 4 * V) products += half_products<R>(wide.get() + part, k, gram);
        Vec<double> sums{};
        Size s = 0;
        for (; s + V <= count * k; s += V) sums += widened(A + s) * load<V>(cross + s);
        for (; s < count * k; ++s) inner += double(A[s]) * cross[s];
        inner += sum_lanes_of<double>(sums);
    }
    return products - inner;
}

}  // namespace PARTWISE_ISA
}  // namespace partwise

// Coordinate descent on the non-negative quadratics of many rows at once, SIMD lanes over rows.
//
// A block is R = 4 vectors of rows. Its rows are transposed into scratch (k x R, in L1 or L2), so that coordinate q
// of the block is R contiguous numbers and every number of the Gram matrix, broadcast, feeds four multiply-adds. Two
// coordinates go together: both gradients are taken at the same point, then the second is corrected for the step of
// the first; that halves the loads and gives eight independent sums, which hides the latency.
//
// Cichocki & Phan (2009), doi:10.1587/transfun.E92.A.708; Gillis & Glineur (2012), doi:10.1162/NECO_a_00256
#pragma once

#include <cmath>

#include "simd.hpp"

namespace partwise {
namespace PARTWISE_ISA {

template <class T>
constexpr int block_rows = 4 * lanes<T>;

constexpr int sum_lanes = 8;  // partial float64 sums of one component; divides every block_rows or is divided by it

// at (k x R) = transpose of `count` <= R rows of length k, unused lanes 0.
template <class T>
inline void transpose_in(const T* rows, Size count, Size k, T* at) {
    constexpr int R = block_rows<T>;
    if (count < R)
        for (Size s = 0; s < k * R; ++s) at[s] = 0;
    transpose(rows, k, count, k, at, R);
}

template <class T>
inline void transpose_out(const T* at, Size count, Size k, T* rows) {
    transpose(at, block_rows<T>, k, count, rows, k);
}

// sums[i mod sum_lanes] += values[i]^2 over the values of a block, in float64.
template <class T>
inline void add_squares(const T* values, double* sums) {
    constexpr int V = lanes<double>, parts = sum_lanes / V;
    Vec<double> totals[parts];
    for (int i = 0; i < parts; ++i) totals[i] = load<V>(sums + i * V);
    for (int i = 0; i < block_rows<T> / V; ++i) {
        const Vec<double> value = widened(values + i * V);
        totals[i % parts] += value * value;
    }
    for (int i = 0; i < parts; ++i) store(sums + i * V, totals[i]);
}

// What the coordinates of a block may be: anything from 0 on.
template <class T>
struct Free {
    void load_rows(Bounds<T>, Size, Size) {}
    Vec<T> clip(Size, int, Vec<T> a) const { return positive_part(a); }
    Vec<T> slope(Size, int, Vec<T> a, Vec<T> g) const { return projected(a, g); }
};

// Or anything between bounds, k x R each, as the rows of the block are.
template <class T>
struct Boxed {
    T *lower, *upper;

    void load_rows(Bounds<T> rows, Size count, Size k) {
        transpose_in(rows.lower, count, k, lower);
        transpose_in(rows.upper, count, k, upper);
    }
    static Vec<T> at(const T* bounds, Size q, int i) { return load<lanes<T>>(bounds + q * block_rows<T> + i * lanes<T>); }
    Vec<T> clip(Size q, int i, Vec<T> a) const { return at_most(at_least(a, at(lower, q, i)), at(upper, q, i)); }
    Vec<T> slope(Size q, int i, Vec<T> a, Vec<T> g) const { return projected(a, g, at(lower, q, i), at(upper, q, i)); }
};

// f(Free or Boxed), which has scratch of its own
template <class T, class F>
inline void with_limits(Bounds<T> bounds, Size k, F f) {
    if (!bounds.lower) return f(Free<T>{});
    Scratch<T> room(2 * k * block_rows<T>);
    f(Boxed<T>{room.get(), room.get() + k * block_rows<T>});
}

// What stays the same for all rows.
template <class T>
struct Quadratic {
    const T* gram;
    Size k;
    Size* order;  // the coordinates with gram[q, q] > 0
    Size active;
    T* inverse;  // 1 / gram[q, q], or 0 where that overflows
};

template <class T>
inline Quadratic<T> quadratic(const T* gram, Size k, Size* order, T* inverse) {
    Quadratic<T> Q{gram, k, order, 0, inverse};
    for (Size q = 0; q < k; ++q) {
        T diagonal = gram[q * k + q];
        if (diagonal <= 0) continue;
        order[Q.active++] = q;
        T inv = 1 / diagonal;
        inverse[q] = std::isinf(inv) ? T(0) : inv;
    }
    return Q;
}

// One sweep over a block. at, lt: k x R, the rows and l1 - cross. meet(q, i, a, g, next) sees each vector i of each
// coordinate q with its gradient and returns what is stored.
template <class T, class Limits, class Meet>
inline void sweep_block(const Quadratic<T>& Q, T* at, const T* lt, const Limits& limits, Meet meet) {
    constexpr int V = lanes<T>, R = block_rows<T>;
    const Size k = Q.k;
    auto step = [&](Size q, int i, Vec<T> g) {  // takes the step, returns its length
        Vec<T> a = load<V>(at + q * R + i * V);
        Vec<T> length = Q.inverse[q] != 0 ? g * Q.inverse[q] : g / Q.gram[q * k + q];
        Vec<T> kept = meet(q, i, a, g, limits.clip(q, i, a - length));
        store(at + q * R + i * V, kept);
        return kept - a;
    };
    Size n = 0;
    for (; n + 1 < Q.active; n += 2) {
        const Size q0 = Q.order[n], q1 = Q.order[n + 1];
        const T *row0 = Q.gram + q0 * k, *row1 = Q.gram + q1 * k;
        Vec<T> g0[4], g1[4];
        for (int i = 0; i < 4; ++i) {
            g0[i] = load<V>(lt + q0 * R + i * V);
            g1[i] = load<V>(lt + q1 * R + i * V);
        }
        for (Size r = 0; r < k; ++r) {
            for (int i = 0; i < 4; ++i) {
                Vec<T> a = load<V>(at + r * R + i * V);
                g0[i] += a * row0[r];
                g1[i] += a * row1[r];
            }
        }
        for (int i = 0; i < 4; ++i) g1[i] += step(q0, i, g0[i]) * row1[q0];
        for (int i = 0; i < 4; ++i) step(q1, i, g1[i]);
    }
    if (n < Q.active) {
        const Size q = Q.order[n];
        Vec<T> g[4];
        for (int i = 0; i < 4; ++i) g[i] = load<V>(lt + q * R + i * V);
        for (Size r = 0; r < k; ++r)
            for (int i = 0; i < 4; ++i) g[i] += load<V>(at + r * R + i * V) * Q.gram[q * k + r];
        for (int i = 0; i < 4; ++i) step(q, i, g[i]);
    }
}

// hals within Free or Boxed limits; a function of its own, or the compiler gives up inlining halfway.
template <class T, class Limits>
[[gnu::noinline]] void hals_within(T* A, Size m, Size k, const T* gram, const T* cross, double l1, Size sweeps, double* grad2,
                        double* neg2, double* norm2, Bounds<T> bounds, Limits limits) {
    constexpr int V = lanes<T>, R = block_rows<T>;
    Scratch<T> block(2 * k * R), inverse(k);
    Scratch<Size> order(k);
    Scratch<double> sums(3 * k * sum_lanes);
    T *at = block.get(), *lt = at + k * R, met[R];
    double *grad_sum = sums.get(), *neg_sum = grad_sum + k * sum_lanes, *norm_sum = neg_sum + k * sum_lanes;
    for (Size s = 0; s < 3 * k * sum_lanes; ++s) grad_sum[s] = 0;
    const Quadratic<T> Q = quadratic(gram, k, order.get(), inverse.get());

    for (Size low = 0; low < m; low += R) {
        const Size count = m - low < R ? m - low : R;
        transpose_in(A + low * k, count, k, at);
        transpose_in(cross + low * k, count, k, lt);
        limits.load_rows(from_row(bounds, low, k), count, k);
        for (Size q = 0; q < k; ++q) {
            add_squares(lt + q * R, neg_sum + q * sum_lanes);
            for (int i = 0; i < R; i += V) store(lt + q * R + i, T(l1) - load<V>(lt + q * R + i));
        }
        for (Size sweep = 0; sweep < sweeps; ++sweep) {
            if (sweep == 0)
                sweep_block(Q, at, lt, limits, [&](Size q, int i, Vec<T> a, Vec<T> g, Vec<T> next) {
                    store(met + i * V, limits.slope(q, i, a, g));
                    if (i == 3) add_squares(met, grad_sum + q * sum_lanes);
                    return next;
                });
            else
                sweep_block(Q, at, lt, limits, [](Size, int, Vec<T>, Vec<T>, Vec<T> next) { return next; });
        }
        transpose_out(at, count, k, A + low * k);
        for (Size q = 0; q < k; ++q) add_squares(at + q * R, norm_sum + q * sum_lanes);  // lanes without a row are 0
    }
    for (Size q = 0; q < k; ++q) {
        double grad = 0, neg = 0, norm = 0;
        for (int s = 0; s < sum_lanes; ++s) {
            grad += grad_sum[q * sum_lanes + s];
            neg += neg_sum[q * sum_lanes + s];
            norm += norm_sum[q * sum_lanes + s];
        }
        grad2[q] += grad;
        neg2[q] += neg;
        norm2[q] += norm;
    }
}

// Memory: A read and written, cross and bounds read, once whatever the number of sweeps; gram and 2 k R numbers of
// scratch, 4 k R with bounds, in L1/L2.
template <class T>
void hals(T* A, Size m, Size k, const T* gram, const T* cross, double l1, Size sweeps, double* grad2, double* neg2,
          double* norm2, Bounds<T> bounds) {
    with_limits(bounds, k, [&](auto limits) {
        hals_within(A, m, k, gram, cross, l1, sweeps, grad2, neg2, norm2, bounds, limits);
    });
}

// hals_solve within Free or Boxed limits. Every lane does the same operations whoever its neighbours are: a row's
// result is bitwise its own.
template <class T, class Limits>
[[gnu::noinline]] void solve_within(T* A, Size m, Size k, const T* gram, const T* cross, double l1, double tol, Size max_sweeps,
                         std::uint8_t* converged, Bounds<T> bounds, Limits limits) {
    constexpr int V = lanes<T>, R = block_rows<T>;
    Scratch<T> block(2 * k * R), inverse(k);
    Scratch<Size> order(k);
    T *at = block.get(), *lt = at + k * R;
    const Quadratic<T> Q = quadratic(gram, k, order.get(), inverse.get());

    for (Size low = 0; low < m; low += R) {
        const Size count = m - low < R ? m - low : R;
        transpose_in(A + low * k, count, k, at);
        transpose_in(cross + low * k, count, k, lt);
        limits.load_rows(from_row(bounds, low, k), count, k);
        T limit[R] = {}, running[R] = {}, worst[R];
        for (Size i = 0; i < count; ++i) running[i] = 1;
        for (Size q = 0; q < k; ++q)
            for (int i = 0; i < R; ++i) {
                limit[i] = at_least(std::abs(lt[q * R + i]), limit[i]);
                lt[q * R + i] = T(l1) - lt[q * R + i];
            }
        for (int i = 0; i < R; ++i) limit[i] *= T(tol);

        Size left = count;
        for (Size sweep = 0; sweep < max_sweeps && left > 0; ++sweep) {
            for (int i = 0; i < R; ++i) worst[i] = 0;
            sweep_block(Q, at, lt, limits, [&](Size q, int i, Vec<T> a, Vec<T> g, Vec<T> next) {
                Vec<T> met = limits.slope(q, i, a, g), size = met < Vec<T>{} ? -met : met;
                store(worst + i * V, at_least(size, load<V>(worst + i * V)));
                return load<V>(running + i * V) > Vec<T>{} ? next : a;
            });
            left = 0;
            for (int i = 0; i < R; ++i) {
                if (worst[i] <= limit[i]) running[i] = 0;
                left += running[i] > 0;
            }
        }
        for (Size i = 0; i < count; ++i) converged[low + i] = running[i] == 0;
        transpose_out(at, count, k, A + low * k);
    }
}

// Memory: as hals.
template <class T>
void hals_solve(T* A, Size m, Size k, const T* gram, const T* cross, double l1, double tol, Size max_sweeps,
                std::uint8_t* converged, Bounds<T> bounds) {
    with_limits(bounds, k, [&](auto limits) {
        solve_within(A, m, k, gram, cross, l1, tol, max_sweeps, converged, bounds, limits);
    });
}

}  // namespace PARTWISE_ISA
}  // namespace partwise

// Block principal pivoting on the non-negative quadratics of one row at a time, SIMD lanes over columns.
//
// A row holds its passive set F, ascending, and the Cholesky factor of gram_FF. Column c of the factor depends on the
// first c + 1 members of F alone, so a new F, of this row or of the next, keeps the columns up to its first new member.
// Every number is computed by the same operations whether kept or not: a row's result is bitwise its own. Where the
// exchanges go astray the row goes on from its start, a feasible point, by an active set that never loses ground.
// With bounds the system is that of a - lower, and entries outside F may lie at 0 or at the end of their room.
//
// Kim & Park (2011), doi:10.1137/110821172; Bro & De Jong (1997), doi:10.1002/(SICI)1099-128X(199709/10)11:5<393;
// bounds: Judice & Pires (1994), doi:10.1016/0305-0548(94)90106-6
#pragma once

#include <cmath>

#include "simd.hpp"

namespace partwise {
namespace PARTWISE_ISA {

inline Size down_to_vector(Size q) { return q / lanes<double> * lanes<double>; }
inline Size up_to_vector(Size q) { return down_to_vector(q + lanes<double> - 1); }

// The systems of one call and the row at work. Arrays of `width` numbers end with zeros behind the k-th.
struct Pivot {
    Size k, width;   // width: k in whole vectors
    double* gram;    // k x width, with the jitter
    double* factor;  // k x width, U with U' U = gram_FF in its upper triangle; the rest is not used
    double* scale;   // 1 / U[j, j]
    Size* set;       // F
    Size count;      // |F|
    Size factored;   // columns of U that belong to F
    double *cross, *gradient, *a;  // by coordinate
    double *right, *room;          // cross without what full entries take; upper - lower, infinite without bounds
    double largest;                // what gradients are differences of
    bool bounded;
    double *start, *point;         // where the row began, and where its active set is
    double* solution;              // by place in F
    bool *passive, *wrong, *full;  // full: outside F and at the end of its room, which is not 0
};

// out[c] += sum of coefficient(i) * row(i)[c] over i < count, for c = low..high in whole vectors. Even and odd i are
// added apart, two chains of additions that hide each other's latency, and in the same order whatever the tile.
template <class Coefficient, class Row>
inline void add_rows(double* out, Size low, Size high, Size count, Coefficient coefficient, Row row) {
    constexpr int V = lanes<double>, most = max_vectors / 2;
    while (low < high) {
        const Size left = (high - low) / V, vectors = left < most ? left : most;
        with_count<most>(vectors, [&](auto number) {
            constexpr int N = decltype(number)::value;
            Vec<double> even[N], odd[N] = {};
            for (int n = 0; n < N; ++n) even[n] = load<V>(out + low + n * V);
            auto add = [&](Size i, Vec<double>* sums) {
                const double x = coefficient(i);
                const double* values = row(i) + low;
                for (int n = 0; n < N; ++n) sums[n] += load<V>(values + n * V) * x;
            };
            Size i = 0;
            for (; i + 1 < count; i += 2) {
                add(i, even);
                add(i + 1, odd);
            }
            if (i < count) add(i, even);
            for (int n = 0; n < N; ++n) store(out + low + n * V, even[n] + odd[n]);
        });
        low += vectors * V;
    }
}

// F <- the passive entries; notes how many columns of the factor stay.
inline void collect(Pivot& P) {
    Size count = 0, same = 0;
    for (Size q = 0; q < P.k; ++q) {
        if (!P.passive[q]) continue;
        if (same == count && same < P.factored && P.set[count] == q) ++same;
        P.set[count++] = q;
    }
    P.count = count;
    P.factored = same;
}

// The missing columns of U, row by row; false if gram_FF is not positive definite.
inline bool factorise(Pivot& P) {
    const Size high = up_to_vector(P.count), first = P.factored;
    if (first == P.count) return true;
    auto low = [&](Size j) { return down_to_vector(j > first ? j : first); };
    for (Size j = 0; j < P.count; ++j) {
        double* u = P.factor + j * P.width;
        const double* gram = P.gram + P.set[j] * P.width;
        for (Size c = low(j); c < P.count; ++c) u[c] = gram[P.set[c]];
        for (Size c = P.count; c < high; ++c) u[c] = 0;
    }
    for (Size j = 0; j < P.count; ++j) {
        double* u = P.factor + j * P.width;
        add_rows(
            u, low(j), high, j, [&](Size i) { return -P.factor[i * P.width + j]; },
            [&](Size i) { return P.factor + i * P.width; });
        if (j >= first) {
            if (!(u[j] > 0)) return false;
            P.scale[j] = 1 / std::sqrt(u[j]);
            P.factored = j + 1;
        }
        for (Size c = low(j); c < high; ++c) u[c] *= P.scale[j];
    }
    return true;
}

// solution <- gram_FF^-1 right_F by U' and U
inline void substitute(Pivot& P) {
    constexpr int V = lanes<double>;
    const Size high = up_to_vector(P.count);
    double* x = P.solution;
    for (Size j = 0; j < P.count; ++j) x[j] = P.right[P.set[j]];
    for (Size j = P.count; j < high; ++j) x[j] = 0;
    for (Size j = 0; j < P.count; ++j) {
        const double* u = P.factor + j * P.width;
        const double z = x[j] * P.scale[j];
        for (Size c = down_to_vector(j); c < high; c += V) store(x + c, load<V>(x + c) - load<V>(u + c) * z);
        P.a[j] = z;
    }
    for (Size j = 0; j < high; ++j) x[j] = 0;
    for (Size j = P.count - 1; j >= 0; --j) {
        const double* u = P.factor + j * P.width;
        const Size next = up_to_vector(j + 1);
        Vec<double> sums[4] = {};
        for (Size c = next; c < high; c += V) sums[0] += load<V>(u + c) * load<V>(x + c);
        double sum[4];
        sum4(sums, sum);
        for (Size c = j + 1; c < next; ++c) sum[0] += u[c] * x[c];  // just stored one by one: a vector load would wait
        x[j] = (P.a[j] - sum[0]) * P.scale[j];
    }
}

// right <- cross - gram_.U room_U for the full entries U
inline void take_full(Pivot& P) {
    if (!P.bounded) return;  // right is cross
    for (Size q = 0; q < P.width; ++q) P.right[q] = P.cross[q];
    for (Size q = 0; q < P.k; ++q) {
        const double* gram = P.gram + q * P.width;
        for (Size r = 0; P.full[q] && r < P.width; ++r) P.right[r] -= P.room[q] * gram[r];
    }
}

// Solves for F: a inside F, the gradient outside. False as `factorise`. A function of its own: the one place where a row
// spends its time, compiled once.
[[gnu::noinline]] static bool solve(Pivot& P) {
    collect(P);
    if (!factorise(P)) return false;
    take_full(P);
    substitute(P);
    for (Size q = 0; q < P.width; ++q) P.gradient[q] = -P.right[q];
    add_rows(
        P.gradient, 0, P.width, P.count, [&](Size i) { return P.solution[i]; },
        [&](Size i) { return P.gram + P.set[i] * P.width; });
    for (Size q = 0; q < P.k; ++q) P.a[q] = P.full[q] ? P.room[q] : 0;
    for (Size i = 0; i < P.count; ++i) P.a[P.set[i]] = P.solution[i];
    return true;
}

// How steeply the quadratic falls where an entry outside F enters it; 0 for one without room.
inline double gain(const Pivot& P, Size q) {
    if (P.room[q] == 0) return 0;
    return P.full[q] ? P.gradient[q] : -P.gradient[q];
}

// Marks the entries that break the optimality conditions by more than roundoff; returns their number.
inline Size infeasible(Pivot& P) {
    double largest_a = 0;
    for (Size q = 0; q < P.k; ++q) largest_a = at_least(std::abs(P.a[q]), largest_a);
    const double small_a = 1e-12 * largest_a, small_g = 1e-12 * P.largest;
    Size count = 0;
    if (!P.bounded) {
        for (Size q = 0; q < P.k; ++q) {
            P.wrong[q] = P.passive[q] ? P.a[q] < -small_a : P.gradient[q] < -small_g;
            count += P.wrong[q];
        }
        return count;
    }
    for (Size q = 0; q < P.k; ++q) {
        P.wrong[q] = P.passive[q] ? P.a[q] < -small_a || P.a[q] > P.room[q] + small_a : gain(P, q) > small_g;
        count += P.wrong[q];
    }
    return count;
}

inline bool finite(const double* values, Size count) {
    for (Size q = 0; q < count; ++q)
        if (!std::isfinite(values[q])) return false;
    return true;
}

// Exchanges all infeasible entries while their number falls, or fell within four rounds; false where it stalls.
inline bool exchange(Pivot& P) {
    Size fewest = P.k + 1;
    for (int patience = 4; patience > 0; --patience) {
        if (!solve(P)) return false;
        const Size count = infeasible(P);
        if (count == 0) return true;
        if (count < fewest) patience = 4;
        fewest = count < fewest ? count : fewest;
        for (Size q = 0; q < P.k; ++q) {
            if (!P.wrong[q]) continue;
            P.full[q] = P.bounded && P.passive[q] && P.a[q] > P.room[q];
            P.passive[q] = !P.passive[q];
        }
    }
    return false;
}

// The share of the way from `point` to the solution for F at which an entry of F reaches an end of its room; more than
// 1 if it does not.
inline double reach(const Pivot& P, Size q) {
    if (P.a[q] <= 0) return P.point[q] / (P.point[q] - P.a[q]);
    return P.a[q] >= P.room[q] ? (P.room[q] - P.point[q]) / (P.a[q] - P.point[q]) : 2;
}

// Goes from `point` towards the solution for F until an entry leaves its room, and F; returns how far, at most 1.
inline double approach(Pivot& P) {
    double share = 1;
    for (Size i = 0; i < P.count; ++i) share = std::fmin(share, reach(P, P.set[i]));
    for (Size i = 0; i < P.count; ++i) {
        const Size q = P.set[i];
        const bool low = P.a[q] <= 0, out = !(reach(P, q) > share);
        P.passive[q] = !out;
        P.full[q] = out && !low;
        P.point[q] = out ? (low ? 0 : P.room[q]) : share == 1 ? P.a[q] : P.point[q] + share * (P.a[q] - P.point[q]);
    }
    return share;
}

// The entry outside F with the steepest descent among those not barred; -1 if none is worth it.
inline Size steepest(const Pivot& P, const bool* barred) {
    Size best = -1;
    double most = 1e-12 * P.largest;
    for (Size q = 0; q < P.k; ++q) {
        if (P.passive[q] || barred[q] || !(gain(P, q) > most)) continue;
        best = q;
        most = gain(P, q);
    }
    return best;
}

// F and the full entries of a feasible point.
inline void sort_out(Pivot& P, const double* point) {
    for (Size q = 0; q < P.k; ++q) {
        P.full[q] = P.bounded && P.room[q] > 0 && point[q] >= P.room[q];
        P.passive[q] = point[q] > 0 && !P.full[q];
    }
}

// An active set from `start`: every step lowers the quadratic, so no F comes twice. An entry that roundoff sends back at
// once is barred until the point has moved.
inline bool descend(Pivot& P) {
    bool* barred = P.wrong;
    bool moved = false;
    for (Size q = 0; q < P.k; ++q) {
        P.point[q] = P.start[q];
        barred[q] = false;
    }
    sort_out(P, P.point);
    Size entered = -1;
    for (Size step = 0; step < 10 * P.k + 20; ++step) {
        if (!solve(P) || !finite(P.a, P.k)) return false;
        const double share = approach(P);
        if (entered >= 0) {
            moved = moved || share > 0;
            barred[entered] = barred[entered] || (share == 0 && !P.passive[entered]);
        }
        if (share < 1) continue;
        for (Size q = 0; q < P.k && moved; ++q) barred[q] = false;
        moved = false;
        entered = steepest(P, barred);
        if (entered < 0) return true;
        P.passive[entered] = true;
        P.full[entered] = false;
    }
    return false;
}

// One row from its start; false if it did not finish.
inline bool pivot_row(Pivot& P) {
    if (!finite(P.cross, P.k) || !finite(P.start, P.k)) return false;
    sort_out(P, P.start);
    return (exchange(P) || descend(P)) && finite(P.a, P.k);
}

// gram with the jitter that lets a singular system be factorised, in rows of whole vectors.
inline void widen(const double* gram, const Pivot& P) {
    double trace = 0;
    for (Size q = 0; q < P.k; ++q) trace += gram[q * P.k + q];
    const double jitter = at_least(4 * 2.220446049250313e-16 * trace, 2.2250738585072014e-308);
    for (Size q = 0; q < P.k; ++q) {
        for (Size r = 0; r < P.width; ++r) P.gram[q * P.width + r] = r < P.k ? gram[q * P.k + r] : 0;
        P.gram[q * P.width + q] += jitter;
    }
}

// cross, room and start of a row; `bounds` are its own, or null.
template <class T>
inline void open_row(Pivot& P, const T* row, const T* cross, double l1, Bounds<T> bounds) {
    P.largest = 0;
    for (Size q = 0; q < P.k; ++q) {
        P.cross[q] = double(cross[q]) - l1;
        P.largest = at_least(std::abs(P.cross[q]), P.largest);
        P.start[q] = positive_part(double(row[q]));
    }
    if (!bounds.lower) return;
    double* taken = P.gradient;
    for (Size q = 0; q < P.width; ++q) taken[q] = 0;
    for (Size q = 0; q < P.k; ++q) {
        const double low = bounds.lower[q];
        P.room[q] = double(bounds.upper[q]) - low;
        P.start[q] = at_most(positive_part(double(row[q]) - low), P.room[q]);
        for (Size r = 0; low > 0 && r < P.k; ++r) taken[r] += low * P.gram[q * P.width + r];
    }
    for (Size q = 0; q < P.k; ++q) {
        P.cross[q] -= taken[q];
        P.largest = at_least(std::abs(taken[q]), P.largest);
    }
}

template <class T>
inline void close_row(const Pivot& P, T* row, Bounds<T> bounds) {
    for (Size q = 0; q < P.k; ++q)
        row[q] = bounds.lower ? clip(T(P.a[q] + double(bounds.lower[q])), bounds, q) : T(positive_part(P.a[q]));
}

// Memory: A read and written, cross, bounds and the Gram matrices read once; gram and the factor, k x k each, stay in L1 or
// L2. Rows that share a Gram matrix have a stride of 0 and keep each other's columns of the factor.
template <class T>
void pivot(T* A, Size m, Size k, const double* gram, Size gram_stride, const T* cross, double l1,
           std::uint8_t* done, Bounds<T> bounds) {
    const Size width = up_to_vector(k);
    Scratch<double> squares(2 * k * width), vectors(9 * width);
    Scratch<Size> set(k);
    Scratch<bool> flags(3 * k);
    Pivot P{};
    P.k = k, P.width = width;
    P.gram = squares.get(), P.factor = P.gram + k * width;
    P.cross = vectors.get(), P.gradient = P.cross + width, P.a = P.gradient + width;
    P.solution = P.a + width, P.scale = P.solution + width;
    P.start = P.scale + width, P.point = P.start + width;
    P.bounded = bounds.lower != nullptr;
    P.right = P.bounded ? P.point + width : P.cross;
    P.room = P.point + 2 * width;
    for (Size q = 0; q < width; ++q) P.room[q] = HUGE_VAL;
    P.set = set.get(), P.passive = flags.get(), P.wrong = P.passive + k, P.full = P.wrong + k;
    for (Size q = k; q < width; ++q) P.cross[q] = 0;
    for (Size i = 0; i < m; ++i) {
        if (k > 0 && (i == 0 || gram_stride > 0)) {
            widen(gram + i * gram_stride, P);
            P.factored = 0;
        }
        open_row(P, A + i * k, cross + i * k, l1, from_row(bounds, i, k));
        done[i] = pivot_row(P);
        if (done[i]) close_row(P, A + i * k, from_row(bounds, i, k));
    }
}

}  // namespace PARTWISE_ISA
}  // namespace partwise

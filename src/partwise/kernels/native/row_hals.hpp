// Coordinate descent on the non-negative quadratics of rows that each have a Gram matrix of their own.
//
// SIMD lanes run over the coordinates of a row here: a row's matrix is used by that row alone, and lanes over rows would
// have to transpose it first. The gradients of four coordinates are taken together, rows of the matrix times the row;
// then they follow each other's steps. One step waits for the one before it, so a team of rows goes side by side.
//
// Cichocki & Phan (2009), doi:10.1587/transfun.E92.A.708
#pragma once

#include <cmath>

#include "csr.hpp"

namespace partwise {
namespace PARTWISE_ISA {

constexpr Size team_rows = 4;

// A curvature below the smallest normal number counts as 0: its inverse may be infinite.
template <class T>
constexpr T least_curvature = sizeof(T) == 8 ? T(2.2250738585072014e-308) : T(1.1754943508222875e-38);

// Rows at work; all places are always filled, maybe with a copy of a row that nobody asks for.
template <class T>
struct Team {
    const T* gram[team_rows];
    const T* cross[team_rows];
    T* a[team_rows];
    Bounds<T> bounds[team_rows];
};

// What a coordinate may be: anything from 0 on, or anything between the bounds of its row.
template <bool boxed, int N, class T>
inline Vec<T, N> allowed(const Team<T>& team, Size p, Size q, Vec<T, N> a) {
    if constexpr (!boxed) return positive_part(a);
    return at_most(at_least(a, load<N>(team.bounds[p].lower + q)), load<N>(team.bounds[p].upper + q));
}

template <bool boxed, int N, class T>
inline Vec<T, N> followed(const Team<T>& team, Size p, Size q, Vec<T, N> a, Vec<T, N> g) {
    if constexpr (!boxed) return projected(a, g);
    return projected(a, g, load<N>(team.bounds[p].lower + q), load<N>(team.bounds[p].upper + q));
}

template <int W, class T>
inline Vec<T, W> lane_numbers() {
    T numbers[W];
    for (int i = 0; i < W; ++i) numbers[i] = T(i);
    return load<W>(numbers);
}

// v, and 0 in the lanes below `lane`.
template <class V, class T>
inline V from_lane(V v, V numbers, T lane) {
    return numbers >= lane ? v : V{};
}

template <int N, class V>
inline V everywhere(V v, int lane) {
    if constexpr (N == 1)
        return v;
    else
        return V{} + v[lane];
}

// One sweep. meet(p, q, a, g) sees the N coordinates from q on of row p before their steps, with the gradients that each
// meets: 0 for a coordinate that is left alone.
template <int W, int N, bool boxed, class T, class Meet>
inline void sweep_team(const Team<T>& team, Size k, T l1, Meet meet) {
    const Size body = (k - 1) / W * W;
    const Vec<T, W> wide = lane_numbers<W, T>();
    const Vec<T, N> narrow = lane_numbers<N, T>();
    for (Size first = 0; first < k; first += N) {
        const Size start = first + N <= k ? first : k - N;  // the last block overlaps the one before it
        Vec<T, N> slope[team_rows], inverse[team_rows];
        for (Size p = 0; p < team_rows; ++p) {
            const T *gram = team.gram[p] + start * k, *a = team.a[p];
            Vec<T, W> sums[4] = {};
            for (Size r = 0; r < body; r += W)
                for (int n = 0; n < N; ++n) sums[n] += load<W>(gram + n * k + r) * load<W>(a + r);
            const Vec<T, W> last = from_lane(load<W>(a + k - W), wide, T(W - (k - body)));
            for (int n = 0; n < N; ++n) sums[n] += load<W>(gram + n * k + k - W) * last;
            T found[4], diagonal[N];
            sum4(sums, found);
            for (int n = 0; n < N; ++n) diagonal[n] = gram[n * k + start + n];
            const Vec<T, N> curvature = load<N>(diagonal);
            slope[p] = load<N>(found) + (l1 - load<N>(team.cross[p] + start));
            inverse[p] = from_lane(curvature < least_curvature<T> ? Vec<T, N>{} : 1 / curvature, narrow, T(first - start));
        }
        auto next = [&](Size p) {
            return allowed<boxed, N>(team, p, start, load<N>(team.a[p] + start) - slope[p] * inverse[p]);
        };
        for (int n = 0; n + 1 < N; ++n)
            for (Size p = 0; p < team_rows; ++p) {
                const Vec<T, N> step = next(p) - load<N>(team.a[p] + start);
                const Vec<T, N> row = load<N>(team.gram[p] + (start + n) * k + start);
                slope[p] += from_lane(row, narrow, T(n + 1)) * everywhere<N>(step, n);
            }
        // All ends before anybody meets them: a branch between a product and its subtraction keeps them from being fused,
        // and every row of a team must be computed alike.
        Vec<T, N> end[team_rows];
        for (Size p = 0; p < team_rows; ++p) end[p] = next(p);
        for (Size p = 0; p < team_rows; ++p) {
            meet(p, start, load<N>(team.a[p] + start), inverse[p] == Vec<T, N>{} ? Vec<T, N>{} : slope[p]);
            store(team.a[p] + start, end[p]);
        }
    }
}

// f(Constant<W>, Constant<N>, Constant<boxed>): the vectors of a row of k numbers, how many coordinates go together, and
// whether they have bounds.
template <class T, class F>
inline void with_blocks(Size k, bool boxed, F f) {
    constexpr int most = lanes<T> < 4 ? lanes<T> : 4;
    with_width<T>(k, [&](auto width) {
        auto together = [&](auto limited) {
            if (k >= most)
                f(width, Constant<most>{}, limited);
            else
                f(width, Constant<1>{}, limited);
        };
        boxed ? together(Constant<1>{}) : together(Constant<0>{});
    });
}

template <class T>
inline void add_squares_of(const T* row, Size k, double* sums) {
    for (Size q = 0; q < k; ++q) sums[q] += double(row[q]) * double(row[q]);
}

// Memory: grams read once by the first sweep, by the others from L1 or L2 (team_rows of them); A and cross once.
template <class T>
void row_hals(T* A, Size m, Size k, const T* grams, const T* cross, double l1, Size sweeps, double* grad2,
              double* neg2, double* norm2, Bounds<T> bounds) {
    if (k == 0) return;
    Scratch<double> sums(3 * k);
    Scratch<T> spare(team_rows * k);
    double *grad_sum = sums.get(), *neg_sum = grad_sum + k, *norm_sum = neg_sum + k;
    for (Size q = 0; q < 3 * k; ++q) grad_sum[q] = 0;
    with_blocks<T>(k, bounds.lower, [&](auto width, auto together, auto limited) {
        constexpr int W = decltype(width)::value, N = decltype(together)::value;
        constexpr bool boxed = decltype(limited)::value;
        for (Size low = 0; low < m; low += team_rows) {
            const Size count = m - low < team_rows ? m - low : team_rows;
            Team<T> team;
            for (Size p = 0; p < team_rows; ++p) {
                const Size i = p < count ? low + p : low;
                team.gram[p] = grams + i * k * k, team.cross[p] = cross + i * k, team.a[p] = A + i * k;
                team.bounds[p] = from_row(bounds, i, k);
                if (p < count) {
                    add_squares_of(cross + i * k, k, neg_sum);
                    continue;
                }
                team.a[p] = spare.get() + p * k;
                for (Size q = 0; q < k; ++q) team.a[p][q] = 0;
            }
            for (Size sweep = 0; sweep < sweeps; ++sweep)
                sweep_team<W, N, boxed>(team, k, T(l1), [&](Size p, Size q, Vec<T, N> a, Vec<T, N> g) {
                    if (sweep > 0 || p >= count) return;
                    T met[N];
                    store(met, followed<boxed, N>(team, p, q, a, g));
                    add_squares_of(met, N, grad_sum + q);
                });
            for (Size p = 0; p < count; ++p) add_squares_of(team.a[p], k, norm_sum);
        }
    });
    for (Size q = 0; q < k; ++q) {
        grad2[q] += grad_sum[q];
        neg2[q] += neg_sum[q];
        norm2[q] += norm_sum[q];
    }
}

// Memory: as row_hals. A row that finishes leaves its place in the team to the next one; the others do not notice, so a
// row's result is bitwise its own.
template <class T>
void row_hals_solve(T* A, Size m, Size k, const T* grams, const T* cross, double l1, double tol, Size max_sweeps,
                    std::uint8_t* converged, Bounds<T> bounds) {
    for (Size i = 0; i < m; ++i) converged[i] = k == 0 && max_sweeps > 0;
    if (m == 0 || k == 0 || max_sweeps <= 0) return;
    Scratch<T> spare(team_rows * k);
    with_blocks<T>(k, bounds.lower, [&](auto width, auto together, auto limited) {
        constexpr int W = decltype(width)::value, N = decltype(together)::value;
        constexpr bool boxed = decltype(limited)::value;
        Team<T> team;
        Size index[team_rows], left[team_rows], next = 0, running = 0;  // a row's number, the sweeps it may still take
        T limit[team_rows], worst[team_rows * N];
        auto fill = [&](Size p) {
            const bool spared = next == m;
            const Size i = spared ? m - 1 : next++;
            running += !spared;
            index[p] = spared ? m : i, left[p] = max_sweeps, limit[p] = 0;
            team.gram[p] = grams + i * k * k, team.cross[p] = cross + i * k, team.bounds[p] = from_row(bounds, i, k);
            team.a[p] = spared ? spare.get() + p * k : A + i * k;
            for (Size q = 0; q < k && spared; ++q) team.a[p][q] = 0;
            for (Size q = 0; q < k; ++q) limit[p] = at_least(std::abs(cross[i * k + q]), limit[p]);
            limit[p] *= T(tol);
        };
        for (Size p = 0; p < team_rows; ++p) fill(p);
        while (running > 0) {
            for (Size s = 0; s < team_rows * N; ++s) worst[s] = 0;
            sweep_team<W, N, boxed>(team, k, T(l1), [&](Size p, Size q, Vec<T, N> a, Vec<T, N> g) {
                const Vec<T, N> met = followed<boxed, N>(team, p, q, a, g);
                const Vec<T, N> size = met < Vec<T, N>{} ? -met : met;
                store(worst + p * N, at_least(size, load<N>(worst + p * N)));
            });
            for (Size p = 0; p < team_rows; ++p) {
                bool done = true;
                for (int n = 0; n < N; ++n) done = done && worst[p * N + n] <= limit[p];
                if (index[p] == m || (!done && --left[p] > 0)) continue;
                converged[index[p]] = done;
                --running;
                fill(p);
            }
        }
    });
}

}  // namespace PARTWISE_ISA
}  // namespace partwise

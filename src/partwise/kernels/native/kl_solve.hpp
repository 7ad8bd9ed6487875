// Coordinate descent on the Kullback-Leibler divergence of one row at a time, SIMD lanes over its nonzeros.
//
// Hsieh & Dhillon (2011), doi:10.1145/2020408.2020577; the steps are those of ../reference/kullback_leibler.py.
#pragma once

#include <cmath>

#include "csr.hpp"
#include "log.hpp"

namespace partwise {
namespace PARTWISE_ISA {

// Numbers to which rows are padded: whole vectors of any instruction set, and whole fours for `dots`.
template <class T>
constexpr Size kl_pad = lanes<T> < 8 ? 8 : lanes<T>;

// Root of the smallest number: (b / y)^2 is a number even in a row of almost nothing.
template <class T>
constexpr T least_y = sizeof(T) == 8 ? T(1e-154) : T(1e-19);

// One row of X beside the rows of B at its stored entries: what every coordinate step of the row works on. Entries are
// padded with x = 0, y = 1, b = 0, which add nothing.
template <class T>
class KlRow {
public:
    KlRow(Size longest, Size k, double l1, double l2, double floor)
        : k_(k), capacity_((longest + kl_pad<T> - 1) / kl_pad<T> * kl_pad<T>), l1_(l1), l2_(l2), floor_(floor),
          scratch_((k + 3) * capacity_ + 2 * (k + lanes<T>)), active_(k), x_(scratch_.get()), y_(x_ + capacity_),
          ratio_(y_ + capacity_), slab_(ratio_ + capacity_), pull_(slab_ + k * capacity_),
          pieces_(pull_ + k + lanes<T>) {}

    // False for a row without positive entries. colsum: what every component of B adds to the row's y; bounds: those of
    // the row, or null.
    template <class I>
    bool open(const CsrRows<T, I>& X, Size i, const double* colsum, Bounds<T> bounds) {
        colsum_ = colsum, bounds_ = bounds;
        const Size low = X.indptr[i];
        count_ = X.indptr[i + 1] - low;
        padded_ = (count_ + kl_pad<T> - 1) / kl_pad<T> * kl_pad<T>;
        largest_ = 0;
        for (Size j = 0; j < count_; ++j) {
            x_[j] = X.data[low + j];
            largest_ = at_least(x_[j], largest_);
        }
        for (Size j = count_; j < padded_; ++j) x_[j] = 0;
        lowest_ = at_least(T(floor_ * largest_), least_y<T>);
        return largest_ > 0;
    }

    // y = B a, and the gradients of all coordinates: the worst violation of optimality, relative to colsum + l1. Those
    // that can move become the slab.
    template <class I>
    double look(const I* index, const T* a, const T* B, double* grad2, double* neg2) {
        constexpr double tiny = 1e-300;  // as in ../reference/kullback_leibler.py: both sides zero
        with_width<T>(k_, [&](auto width) {
            constexpr int W = decltype(width)::value;
            cut<W>(a, k_, pieces_);
            dots<W, 0>(pieces_, index, count_, count_, B, k_, y_);
        });
        for (Size j = 0; j < count_; ++j) {
            y_[j] = at_least(y_[j], lowest_);
            ratio_[j] = x_[j] / y_[j];
        }
        for (Size j = count_; j < padded_; ++j) y_[j] = 1;
        for (Size q = 0; q < k_; ++q) pull_[q] = 0;
        for_tiles<T>(k_, [&](auto width, auto vectors, Size first, Size last) {
            gather<decltype(width)::value, decltype(vectors)::value>(ratio_, index, count_, 0, B + first, k_, last,
                                                                     pull_ + first);
        });
        double worst = 0;
        moving_ = 0;
        for (Size q = 0; q < k_; ++q) {
            const double pull = pull_[q], scale = colsum_[q] + l1_, g = scale + l2_ * a[q] - pull;
            const double gradient = slope(q, a[q], g);
            grad2[q] += gradient * gradient;
            neg2[q] += pull * pull;
            worst = at_least(std::abs(gradient) / (scale > tiny ? scale : tiny), worst);
            active_.get()[moving_] = q;
            moving_ += (a[q] > lower(q) || g < 0) && !(bounds_.lower && a[q] >= bounds_.upper[q] && g <= 0);
        }
        collect(index, B);
        return worst;
    }

    // `sweeps` rounds over the coordinates that can move; y follows.
    void descend(T* a, Size sweeps) {
        const T* before = slab_;
        T step = 0;
        for (Size sweep = 0; sweep < sweeps; ++sweep)
            for (Size s = 0; s < moving_; ++s) {
                const Size q = active_.get()[s];
                const T* b = slab_ + s * padded_;
                const T wanted = best(b, before, step, a[q], colsum_[q] + l1_);
                const T next = bounds_.lower ? clip(wanted, bounds_, q) : wanted;
                step = next - a[q];
                a[q] = next;
                before = b;
            }
        move(before, step);
    }

    // What a row without positive entries becomes.
    void settle(T* a) const {
        for (Size q = 0; q < k_; ++q) a[q] = lower(q);
    }

    // sum x log(x / y) - x
    double value() const {
        double total = 0, terms[kl_pad<T>] = {};
        for (Size j = 0; j < padded_; j += kl_pad<T>)
            for (Size u = 0; u < kl_pad<T>; ++u) {
                const double x = x_[j + u], ratio = x > 0 ? x / double(y_[j + u]) : 1.0;
                terms[u] += x * log_of(ratio < 1e-300 ? 1e-300 : ratio) - x;
            }
        for (Size u = 0; u < kl_pad<T>; ++u) total += terms[u];
        return total;
    }

private:
    T lower(Size q) const { return bounds_.lower ? bounds_.lower[q] : T(0); }
    double slope(Size q, double a, double g) const {
        return bounds_.lower ? projected(a, g, double(bounds_.lower[q]), double(bounds_.upper[q])) : projected(a, g);
    }

    template <class I>
    void collect(const I* index, const T* B) {
        const Size* active = active_.get();
        for (Size j = 0; j < count_; ++j) {
            const T* b = B + Size(index[j]) * k_;
            for (Size s = 0; s < moving_; ++s) slab_[s * padded_ + j] = b[active[s]];
        }
        for (Size s = 0; s < moving_; ++s)
            for (Size j = count_; j < padded_; ++j) slab_[s * padded_ + j] = 0;
    }

    // y <- max(y + step b, floor)
    void move(const T* b, T step) {
        if (step == 0) return;
        for (Size j = 0; j < padded_; ++j) y_[j] = at_least(y_[j] + step * b[j], lowest_);
    }

    // pull = sum x b / y and curve = sum x b^2 / y^2, after y has followed the step before.
    void sums(const T* b, const T* before, T step, double& pull, double& curve) {
        constexpr int V = lanes<T>;
        const Vec<T> low = Vec<T>{} + lowest_;
        Vec<T> first{}, second{};
        for (Size j = 0; j < padded_; j += V) {
            const Vec<T> y = at_least(load<V>(y_ + j) + step * load<V>(before + j), low);
            const Vec<T> share = load<V>(b + j) / y, term = share * load<V>(x_ + j);
            store(y_ + j, y);
            first += term;
            second += term * share;
        }
        pull = sum_lanes_of<T>(first);
        curve = sum_lanes_of<T>(second);
    }

    // sum x b / (y - a b)
    double pull_without(const T* b, T a) const {
        constexpr int V = lanes<T>;
        const Vec<T> low = Vec<T>{} + lowest_;
        Vec<T> sum{};
        for (Size j = 0; j < padded_; j += V)
            sum += load<V>(x_ + j) * load<V>(b + j) / at_least(load<V>(y_ + j) - a * load<V>(b + j), low);
        return sum_lanes_of<T>(sum);
    }

    // The new value of a coordinate; `scale` is colsum + l1. See ../reference/kullback_leibler.py for the three cases.
    T best(const T* b, const T* before, T step, T a, double scale) {
        double pull, curve;
        sums(b, before, step, pull, curve);
        const double now = a, push = scale + l2_ * now, g = push - pull;
        if (g < 0) {
            const double slope = push * curve / pull + l2_;
            const double bottom = slope + std::sqrt(slope * slope - 4 * l2_ * curve / pull * g);
            return bottom > 0 ? T(now - 2 * g / bottom) : T(0);
        }
        if (now == 0) return 0;
        if (now * (curve + l2_) <= g && pull_without(b, a) <= scale) return 0;
        const double bend = now * curve, rest = scale - pull + bend;
        return T(now * 2 * bend / (rest + std::sqrt(rest * rest + 4 * l2_ * now * bend)));
    }

    Size k_, capacity_, count_ = 0, padded_ = 0, moving_ = 0;
    const double* colsum_ = nullptr;
    Bounds<T> bounds_{};
    double l1_, l2_, floor_;
    Scratch<T> scratch_;
    Scratch<Size> active_;
    T *x_, *y_, *ratio_, *slab_, *pull_, *pieces_;
    T largest_ = 0, lowest_ = 0;
};

template <class T, class I>
inline Size longest_row(const CsrRows<T, I>& X) {
    Size longest = 0;
    for (Size i = X.start; i < X.stop; ++i) {
        const Size length = X.indptr[i + 1] - X.indptr[i];
        longest = length > longest ? length : longest;
    }
    return longest;
}

// Memory: X and A read once, B gathered three times in a row (the second and third find it in cache) into scratch of
// k numbers per nonzero of the longest row, of which a sweep reads the coordinates that can move.
template <class T, class I>
double kl_sweep(CsrRows<T, I> X, T* A, const T* B, Size k, const double* colsum, Size colsum_stride, double l1,
                double l2, double floor, Size sweeps, double* grad2, double* neg2, Bounds<T> bounds) {
    KlRow<T> row(longest_row(X), k, l1, l2, floor);
    double value = 0;
    for (Size i = X.start; i < X.stop; ++i) {
        T* a = A + (i - X.start) * k;
        if (!row.open(X, i, colsum + (i - X.start) * colsum_stride, from_row(bounds, i - X.start, k))) {
            row.settle(a);
            continue;
        }
        row.look(X.indices + X.indptr[i], a, B, grad2, neg2);
        row.descend(a, sweeps);
        value += row.value();
    }
    return value;
}

// Memory: as kl_sweep, once a round.
template <class T, class I>
void kl_solve(CsrRows<T, I> X, T* A, const T* B, Size k, const double* colsum, Size colsum_stride, double l1,
              double l2, double floor, double tol, Size max_sweeps, std::uint8_t* converged, Bounds<T> bounds) {
    constexpr Size sweeps_a_round = 4;
    KlRow<T> row(longest_row(X), k, l1, l2, floor);
    Scratch<double> unused(2 * k);
    for (Size i = X.start; i < X.stop; ++i) {
        T* a = A + (i - X.start) * k;
        const I* index = X.indices + X.indptr[i];
        if (!row.open(X, i, colsum + (i - X.start) * colsum_stride, from_row(bounds, i - X.start, k))) {
            row.settle(a);
            converged[i - X.start] = 1;
            continue;
        }
        bool done = false;
        for (Size sweep = 0; !done && sweep < max_sweeps; sweep += sweeps_a_round) {
            done = row.look(index, a, B, unused.get(), unused.get() + k) <= tol;
            if (!done) row.descend(a, max_sweeps - sweep < sweeps_a_round ? max_sweeps - sweep : sweeps_a_round);
        }
        converged[i - X.start] = done;
    }
}

}  // namespace PARTWISE_ISA
}  // namespace partwise

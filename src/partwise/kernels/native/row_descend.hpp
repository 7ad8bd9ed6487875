// Coordinate descent on least squares rows that each have a Gram matrix of their own, without forming it: for many
// components. gram_i = base + sum_j e_ij b_j b_j', and all that a step needs of it is a product with the row.
//
// Hsieh & Dhillon (2011), doi:10.1145/2020408.2020577; Yu, Hsieh, Si & Dhillon (2012), doi:10.1109/ICDM.2012.168
#pragma once

#include "kl_solve.hpp"
#include "row_hals.hpp"

namespace partwise {
namespace PARTWISE_ISA {

// One row at its stored entries, padded with e = 0, b = 0, which add nothing.
template <class T>
class ResidualRow {
public:
    ResidualRow(Size longest, Size k, const double* base)
        : k_(k), capacity_((longest + kl_pad<T> - 1) / kl_pad<T> * kl_pad<T>), base_(base),
          scratch_((k + 2) * capacity_ + k), e_(scratch_.get()), y_(e_ + capacity_), slab_(y_ + capacity_),
          curvature_(slab_ + k * capacity_) {
        for (Size s = 0; s < k * k; ++s) based_ = based_ || base[s] != 0;
    }

    template <class I>
    void open(const CsrRows<T, I>& X, Size i, const T* a, const T* B) {
        const Size low = X.indptr[i], count = X.indptr[i + 1] - low;
        padded_ = (count + kl_pad<T> - 1) / kl_pad<T> * kl_pad<T>;
        for (Size j = 0; j < padded_; ++j) e_[j] = j < count ? X.data[low + j] : T(0);
        for (Size j = 0; j < count; ++j) {
            const T* b = B + Size(X.indices[low + j]) * k_;
            for (Size q = 0; q < k_; ++q) slab_[q * padded_ + j] = b[q];
        }
        for (Size j = 0; j < padded_; ++j) y_[j] = 0;
        for (Size q = 0; q < k_; ++q) {
            T* b = slab_ + q * padded_;
            for (Size j = count; j < padded_; ++j) b[j] = 0;
            Vec<T> sum{};
            for (Size j = 0; j < padded_; j += lanes<T>) {
                const Vec<T> at = load<lanes<T>>(b + j);
                sum += load<lanes<T>>(e_ + j) * at * at;
                store(y_ + j, load<lanes<T>>(y_ + j) + a[q] * at);
            }
            curvature_[q] = T(sum_lanes_of<T>(sum) + base_[q * k_ + q]);
        }
    }

    // a . gram[:, q], after y has followed the step before.
    T product(const T* a, Size q, const T* before, T step) {
        const T* b = slab_ + q * padded_;
        Vec<T> sum{};
        for (Size j = 0; j < padded_; j += lanes<T>) {
            const Vec<T> y = load<lanes<T>>(y_ + j) + step * load<lanes<T>>(before + j);
            store(y_ + j, y);
            sum += load<lanes<T>>(e_ + j) * y * load<lanes<T>>(b + j);
        }
        double rest = 0;
        for (Size r = 0; based_ && r < k_; ++r) rest += base_[q * k_ + r] * a[r];
        return T(rest + sum_lanes_of<T>(sum));
    }

    // One sweep; meet(q, a, g) sees each coordinate before its step.
    template <class Meet>
    void sweep(T* a, const T* cross, T l1, Bounds<T> bounds, Meet meet) {
        const T* before = slab_;
        T step = 0;
        for (Size q = 0; q < k_; ++q) {
            if (curvature_[q] < least_curvature<T>) continue;
            const T g = product(a, q, before, step) - cross[q] + l1, wanted = a[q] - g / curvature_[q];
            const T next = bounds.lower ? clip(wanted, bounds, q) : positive_part(wanted);
            meet(q, a[q], g);
            step = next - a[q];
            a[q] = next;
            before = slab_ + q * padded_;
        }
        if (k_ > 0) follow(before, step);
    }

    // 1/2 a gram a' - cross a'
    double value(const T* a, const T* cross) const {
        double total = 0;
        for (Size j = 0; j < padded_; ++j) total += double(e_[j]) * y_[j] * y_[j];
        for (Size q = 0; q < k_; ++q) {
            double pulled = 0;
            for (Size r = 0; based_ && r < k_; ++r) pulled += base_[q * k_ + r] * a[r];
            total += a[q] * (pulled - 2 * double(cross[q]));
        }
        return total / 2;
    }

private:
    void follow(const T* before, T step) {
        for (Size j = 0; j < padded_; ++j) y_[j] += step * before[j];
    }

    Size k_, capacity_, padded_ = 0;
    const double* base_;
    bool based_ = false;
    Scratch<T> scratch_;
    T *e_, *y_, *slab_, *curvature_;
};

// Memory: X, A and cross read once, B gathered once into scratch of k numbers per entry of the longest row, which every
// sweep reads from L1 or L2. Returns the sum of 1/2 a gram_i a' - cross_i a' with the new rows.
template <class T, class I>
double row_descend(CsrRows<T, I> X, T* A, const T* B, Size k, const double* base, const T* cross, double l1,
                   Size sweeps, double* grad2, double* neg2, double* norm2, Bounds<T> bounds) {
    ResidualRow<T> row(longest_row(X), k, base);
    double value = 0;
    for (Size i = X.start; i < X.stop; ++i) {
        T* a = A + (i - X.start) * k;
        const T* c = cross + (i - X.start) * k;
        const Bounds<T> own = from_row(bounds, i - X.start, k);
        row.open(X, i, a, B);
        add_squares_of(c, k, neg2);
        for (Size sweep = 0; sweep < sweeps; ++sweep)
            row.sweep(a, c, T(l1), own, [&](Size q, T before, T g) {
                if (sweep > 0) return;
                const double met = own.lower ? projected(before, g, own.lower[q], own.upper[q]) : projected(before, g);
                grad2[q] += met * met;
            });
        add_squares_of(a, k, norm2);
        value += row.value(a, c);
    }
    return value;
}

}  // namespace PARTWISE_ISA
}  // namespace partwise

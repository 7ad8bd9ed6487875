// The two parts of a gradient of dense rows, Y = max(A B', floor): x Y^(beta - 2) and Y^(beta - 1), multiplied by a factor
// while they are in cache.
//
// X is m x p, its rows `stride` numbers apart. Columns are cut into chunks; the rows of B of a chunk lie transposed and
// padded with 0 to whole panels (`Chunk`), and serve both as a factor of Y and as what its ratios are multiplied by.
#pragma once

#include "log.hpp"
#include "product.hpp"

namespace partwise {
namespace PARTWISE_ISA {

constexpr int y_rows = many_registers ? 12 : 6, y_vectors = 2;  // 12 sums, 2 vectors of B and a number of A: 15 of 16 registers; or 27 of 32
constexpr Size split_bytes = 1024;        // of a row of X: y_rows of them and what is made of them stay in L1
constexpr Size split_strip = 24;          // rows whose ratios are formed before they are multiplied by A'

// What x and y become, beta = 1 and beta = 0: their ratio, and the power of y if it is not 1 everywhere.
struct KullbackLeiblerParts {
    static constexpr int count = 1;
    template <class V>
    static void of(V x, V y, V floored, V* parts) {
        parts[0] = x / floored;
    }
};
struct ItakuraSaitoParts {
    static constexpr int count = 2;
    template <class V>
    static void of(V x, V y, V floored, V* parts) {
        parts[1] = 1 / floored;
        parts[0] = x * parts[1] * parts[1];  // twice: its square may leave the range of float32
    }
};

// The same for the divergence itself: two numbers, and what x and they add to it.
template <class T>
constexpr T least_ratio = sizeof(T) == 8 ? T(2.2250738585072014e-308) : T(1.17549435e-38f);  // normal numbers only

struct SquaredTerms {
    static constexpr int count = 2;
    template <class V>
    static void of(V x, V y, V floored, V* parts) {
        parts[0] = x;
        parts[1] = y;
    }
    template <class T>
    static T term(T, T x, T y) {
        return (x - y) * (x - y) / 2;
    }
};
struct KullbackLeiblerTerms {
    static constexpr int count = 2;
    template <class V>
    static void of(V x, V y, V floored, V* parts) {
        parts[0] = x / floored;
        parts[1] = y;
    }
    template <class T>
    static T term(T x, T ratio, T y) {
        return x * log_of(at_least(ratio, least_ratio<T>)) + (y - x);
    }
};
struct ItakuraSaitoTerms : KullbackLeiblerTerms {
    template <class T>
    static T term(T, T ratio, T) {
        return ratio - log_of(at_least(ratio, least_ratio<T>)) - 1;
    }
};

// The parts of R rows and NV vectors of columns; `gap` is the distance of a part from the next. While it works, the rows at
// `ahead` come into cache.
template <class Parts, int W, int NV, int R, class T>
inline void parts_tile(const T* X, Size stride, const T* ahead, const T* A, Size k, const T* B, Size b_stride, T floor, T* out,
                       Size out_stride, Size gap) {
    for (int r = 0; r < R; ++r) prefetch(ahead + r * stride);
    Vec<T, W> y[R][NV] = {};
    for (Size q = 0; q < k; ++q) {
        Vec<T, W> b[NV];
        for (int v = 0; v < NV; ++v) b[v] = load<W>(B + q * b_stride + v * W);
        for (int r = 0; r < R; ++r)
            for (int v = 0; v < NV; ++v) y[r][v] += b[v] * A[r * k + q];
    }
    const Vec<T, W> low = Vec<T, W>{} + floor;
    for (int r = 0; r < R; ++r)
        for (int v = 0; v < NV; ++v) {
            Vec<T, W> parts[Parts::count];
            Parts::of(load<W>(X + r * stride + v * W), y[r][v], at_least(y[r][v], low), parts);
            for (int part = 0; part < Parts::count; ++part) store(out + part * gap + r * out_stride + v * W, parts[part]);
        }
}

// One chunk of columns: its rows of B, and room for the parts of some rows of X.
template <class Parts, class T>
class Chunk {
public:
    static constexpr int W = lanes<T>, panel = W * y_vectors;

    Chunk(Size longest, Size rows, Size k)
        : k_(k), widest_((longest + panel - 1) / panel * panel), rows_(rows),
          scratch_((widest_ + row_gap) * k + Parts::count * rows * widest_ + y_rows * panel), B_(scratch_.get()),
          parts_(B_ + (widest_ + row_gap) * k), tail_(parts_ + Parts::count * rows * widest_) {}

    void open(const T* B, Size length) {
        length_ = length;
        width_ = (length + panel - 1) / panel * panel;
        transpose(B, k_, length, k_, B_, width_ + row_gap);
        for (Size q = 0; q < k_; ++q)
            for (Size j = length; j < width_; ++j) B_[q * (width_ + row_gap) + j] = 0;
    }

    // The parts of the rows X, which begin at the chunk, for the rows A; `next` rows are left below them.
    void form(const T* X, Size stride, Size m, Size next, const T* A, T floor) {
        for_parts<y_rows>(m, [&](auto count, Size i) {
            constexpr int R = decltype(count)::value;
            const Size ahead = i + m + R <= m + next ? m * stride : 0;
            for (Size at = 0; at < width_; at += panel) {
                const T* x = X + i * stride + at;
                const bool whole = at + panel <= length_;
                if (!whole) copy_tail(x, stride, R, length_ - at);
                parts_tile<Parts, W, y_vectors, R>(whole ? x : tail_, whole ? stride : Size(panel), x + ahead, A + i * k_, k_,
                                                   B_ + at, width_ + row_gap, floor, parts_ + i * width_ + at, width_,
                                                   rows_ * width_);
            }
            for (int part = 0; part < Parts::count; ++part)
                for (Size r = i; r < i + R; ++r)
                    for (Size j = length_; j < width_; ++j) parts_[(part * rows_ + r) * width_ + j] = 0;
        });
    }

    // f(first row, rows) for strips of the rows X as high as there is room for, their parts being formed.
    template <class F>
    void strips(const T* X, Size stride, Size m, const T* A, T floor, F f) {
        for (Size i = 0; i < m; i += rows_) {
            const Size rows = m - i < rows_ ? m - i : rows_;
            form(X + i * stride, stride, rows, m - i - rows, A + i * k_, floor);
            f(i, rows);
        }
    }

    // out (m x k) += the part times B.
    void dot(int part, Size m, T* out) const {
        const T* rows = parts_ + part * rows_ * width_;
        for_parts<dot_rows>(m, [&](auto count, Size i) {
            for_parts<dot_components>(k_, [&](auto components, Size q) {
                const T* x = rows + i * width_;
                dot_tile<W, decltype(count)::value, decltype(components)::value, false>(
                    x, x, width_, width_, B_ + q * (width_ + row_gap), width_, out + i * k_ + q, k_);
            });
        });
    }

    // sums (panels x k x panel) += the part, transposed, times A.
    void t_dot(int part, Size m, const T* A, T* sums) const {
        const T* rows = parts_ + part * rows_ * width_;
        for (Size at = 0; at < width_; at += panel)
            for_parts<t_dot_components>(k_, [&](auto components, Size q) {
                t_dot_tile<W, y_vectors, decltype(components)::value, false>(rows + at, rows + at, width_, m, A + q, k_,
                                                                             sums + at * k_ + q * panel);
            });
    }

    // The sum of what a row of X, which begins at the chunk, adds to the divergence.
    double sum_terms(const T* __restrict X, Size row) {
        T* __restrict ratio = parts_ + row * width_;
        const T* __restrict y = ratio + rows_ * width_;
        for (Size j = 0; j < length_; ++j) ratio[j] = Parts::term(X[j], ratio[j], y[j]);
        Vec<T> sums[4] = {};
        for (Size at = 0; at < width_; at += W) sums[at / W % 4] += load<W>(ratio + at);
        return sum_lanes_of<T>((sums[0] + sums[1]) + (sums[2] + sums[3]));
    }

    Size width() const { return width_; }
    Size widest() const { return widest_; }

private:
    void copy_tail(const T* X, Size stride, int rows, Size length) {
        for (int r = 0; r < rows; ++r)
            for (Size j = 0; j < panel; ++j) tail_[r * panel + j] = j < length ? X[r * stride + j] : T(0);
    }

    Size k_, widest_, rows_, length_ = 0, width_ = 0;
    Scratch<T> scratch_;
    T *B_, *parts_, *tail_;
};

// f(first, length) for chunks of the columns.
template <class T, class F>
inline void for_chunks(Size p, F f) {
    const Size chunks = (p * Size(sizeof(T)) + split_bytes - 1) / split_bytes;
    for (Size n = 0; n < chunks; ++n) f(p * n / chunks, p * (n + 1) / chunks - p * n / chunks);
}

template <class Parts, class T>
void split_parts(const T* X, Size stride, Size m, Size p, const T* A, const T* B, Size k, T floor, T* const* out) {
    for (int part = 0; part < Parts::count; ++part)
        for (Size s = 0; s < m * k; ++s) out[part][s] = 0;
    Chunk<Parts, T> chunk(split_bytes / sizeof(T), y_rows, k);
    for_chunks<T>(p, [&](Size low, Size length) {
        chunk.open(B + low * k, length);
        chunk.strips(X + low, stride, m, A, floor, [&](Size i, Size rows) {
            for (int part = 0; part < Parts::count; ++part) chunk.dot(part, rows, out[part] + i * k);
        });
    });
}

template <class Parts, class T>
void split_parts_t_add(const T* X, Size stride, Size m, Size p, const T* A, const T* B, Size k, T floor,
                       double* const* total) {
    Chunk<Parts, T> chunk(split_bytes / sizeof(T), split_strip, k);
    constexpr Size panel = Chunk<Parts, T>::panel;
    Scratch<T> scratch((Parts::count * chunk.widest() + panel) * k);
    T *sums = scratch.get(), *turned = sums + Parts::count * chunk.widest() * k;
    for_chunks<T>(p, [&](Size low, Size length) {
        chunk.open(B + low * k, length);
        for (Size s = 0; s < Parts::count * chunk.width() * k; ++s) sums[s] = 0;
        chunk.strips(X + low, stride, m, A, floor, [&](Size i, Size rows) {
            for (int part = 0; part < Parts::count; ++part)
                chunk.t_dot(part, rows, A + i * k, sums + part * chunk.width() * k);
        });
        for (int part = 0; part < Parts::count; ++part)
            for (Size at = 0; at < length; at += panel) {
                const Size columns = length - at < panel ? length - at : panel;
                transpose(sums + (part * chunk.width() + at) * k, panel, k, panel, turned, k);
                for (Size s = 0; s < columns * k; ++s) total[part][(low + at) * k + s] += turned[s];
            }
    });
}

// neg = (X * Y^(beta - 2)) B and, for beta = 0, pos = Y^(beta - 1) B. Memory: X once; A, neg and pos once a chunk; B once, from
// L2 again for every y_rows rows. Flops: 4 m p k for beta = 1, else 6 m p k.
template <class T>
void split(const T* X, Size stride, Size m, Size p, const T* A, const T* B, Size k, double beta, double floor, T* neg,
           T* pos) {
    T* out[] = {neg, pos};
    if (beta == 1)
        split_parts<KullbackLeiblerParts>(X, stride, m, p, A, B, k, T(floor), out);
    else
        split_parts<ItakuraSaitoParts>(X, stride, m, p, A, B, k, T(floor), out);
}

// neg += (X * Y^(beta - 2))' A and, for beta = 0, pos += (Y^(beta - 1))' A. Costs as above.
template <class T>
void split_t_add(const T* X, Size stride, Size m, Size p, const T* A, const T* B, Size k, double beta, double floor,
                 double* neg, double* pos) {
    double* total[] = {neg, pos};
    if (beta == 1)
        split_parts_t_add<KullbackLeiblerParts>(X, stride, m, p, A, B, k, T(floor), total);
    else
        split_parts_t_add<ItakuraSaitoParts>(X, stride, m, p, A, B, k, T(floor), total);
}

template <class Terms, class T>
double sum_of_terms(const T* X, Size stride, Size m, Size p, const T* A, const T* B, Size k, T floor) {
    double total = 0;
    Chunk<Terms, T> chunk(split_bytes / sizeof(T), y_rows, k);
    for_chunks<T>(p, [&](Size low, Size length) {
        chunk.open(B + low * k, length);
        chunk.strips(X + low, stride, m, A, floor, [&](Size i, Size rows) {
            for (Size r = 0; r < rows; ++r) total += chunk.sum_terms(X + (i + r) * stride + low, r);
        });
    });
    return total;
}

// The divergence. Memory: X twice, the second time from L1; A once a chunk, B as above. Flops: 2 m p k, and a logarithm for each
// entry.
template <class T>
double divergence(const T* X, Size stride, Size m, Size p, const T* A, const T* B, Size k, double beta, double floor) {
    if (beta == 2) return sum_of_terms<SquaredTerms>(X, stride, m, p, A, B, k, T(0));
    if (beta == 1) return sum_of_terms<KullbackLeiblerTerms>(X, stride, m, p, A, B, k, T(floor));
    return sum_of_terms<ItakuraSaitoTerms>(X, stride, m, p, A, B, k, T(floor));
}

}  // namespace PARTWISE_ISA
}  // namespace partwise

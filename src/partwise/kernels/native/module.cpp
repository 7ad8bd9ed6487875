// The Python module: chooses the instruction set, checks types and shapes, releases the GIL, calls the kernel.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/tuple.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <initializer_list>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#if defined(__SSE2__) || defined(_M_X64)
#include <xmmintrin.h>
#endif

#include "kernels.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace partwise {

void out_of_memory() { throw std::bad_alloc(); }

namespace {

// What a processor can do beyond the baseline, and this build has kernels for; the best is the last.
enum Isa { baseline_isa, v3_isa, v4_isa };
constexpr const char* isa_names[] = {"baseline", "x86-64-v3", "x86-64-v4"};

Isa isa = baseline_isa;

bool supported(Isa wanted) {
#if defined(PARTWISE_X86_64_V3) || defined(PARTWISE_X86_64_V4)
    __builtin_cpu_init();
#endif
#ifdef PARTWISE_X86_64_V3
    if (wanted == v3_isa)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
               __builtin_cpu_supports("bmi2");
#endif
#ifdef PARTWISE_X86_64_V4
    if (wanted == v4_isa)
        return supported(v3_isa) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl");
#endif
    return wanted == baseline_isa;
}

void choose_isa() {
    const char* text = std::getenv("PARTWISE_ISA");
    const std::string pinned = text ? text : "";
    for (const Isa each : {baseline_isa, v3_isa, v4_isa}) {
        if (pinned == isa_names[each] && !supported(each))
            throw std::runtime_error("PARTWISE_ISA='" + pinned +
                                     "' is not supported by this processor or build; use baseline or reference, or "
                                     "unset it.");
        if (pinned == isa_names[each] || (pinned.empty() && supported(each))) isa = each;
    }
}

template <class T>
DenseKernels<T> dense() {
#ifdef PARTWISE_X86_64_V4
    if (isa == v4_isa) return x86_64_v4::dense_kernels<T>();
#endif
#ifdef PARTWISE_X86_64_V3
    if (isa == v3_isa) return x86_64_v3::dense_kernels<T>();
#endif
    return baseline::dense_kernels<T>();
}

template <class T, class I>
SparseKernels<T, I> sparse() {
#ifdef PARTWISE_X86_64_V4
    if (isa == v4_isa) return x86_64_v4::sparse_kernels<T, I>();
#endif
#ifdef PARTWISE_X86_64_V3
    if (isa == v3_isa) return x86_64_v3::sparse_kernels<T, I>();
#endif
    return baseline::sparse_kernels<T, I>();
}

std::int64_t nanoseconds() {
    return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// When a thread last came out of a kernel and asked for Python's lock; 0 when one has entered a kernel since. Only a hint,
// which says nothing after .5 ms: that thread may be in a product of BLAS, or have ended.
std::atomic<std::int64_t> came_out{0};
constexpr std::int64_t in_python = 500'000, patience = 50'000;

// Wait until one of ours enters a kernel, .05 ms at most. A thread that finds Python's lock taken sleeps, and is woken
// .03 ms after it was given back or more.
void await_python() noexcept {
    const std::int64_t began = nanoseconds();
    for (std::int64_t now = began; now - began < patience; now = nanoseconds()) {
        std::int64_t last = came_out.load(std::memory_order_relaxed);
        if (now - last >= in_python && came_out.compare_exchange_weak(last, now, std::memory_order_relaxed)) return;
        std::this_thread::yield();
    }
}

// A thread without Python's lock for as long as it lives. A daemon thread that wants the lock back when the interpreter has
// ended is unwound by Python (before 3.14), which no destructor survives: it sleeps until the process is gone.
class WithoutGil {
public:
    WithoutGil() : state_(PyEval_SaveThread()) { came_out.store(0, std::memory_order_relaxed); }
    ~WithoutGil() {
        await_python();
        try {
            PyEval_RestoreThread(state_);
        } catch (...) {
            for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
        }
    }
    WithoutGil(const WithoutGil&) = delete;
    WithoutGil& operator=(const WithoutGil&) = delete;

private:
    PyThreadState* state_;
};

// Numbers too small to be normal count as 0 in this thread for as long as it lives. Multiplicative updates shrink entries
// for ever, and arithmetic with such numbers is slow (docs/performance.md).
class TinyIsZero {
#if defined(__SSE2__) || defined(_M_X64)
public:
    TinyIsZero() : state_(_mm_getcsr()) { _mm_setcsr(state_ | 0x8040); }  // flush to zero, denormals are zeros
    ~TinyIsZero() { _mm_setcsr(state_); }

private:
    unsigned state_;
#elif defined(__aarch64__) && defined(__GNUC__)
public:
    TinyIsZero() {
        asm volatile("mrs %0, fpcr" : "=r"(state_));
        asm volatile("msr fpcr, %0" : : "r"(state_ | (std::uint64_t(1) << 24)));
    }
    ~TinyIsZero() { asm volatile("msr fpcr, %0" : : "r"(state_)); }

private:
    std::uint64_t state_;
#endif
};

// What the kernels of multiplicative updates and of momentum run in; not those of losses, to which a tiny x is not 0.
struct Multiplying {
    WithoutGil release;
    TinyIsZero tiny;
};

template <class T>
using Vector = nb::ndarray<T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class T>
using Matrix = nb::ndarray<T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
template <class T>
using Cube = nb::ndarray<T, nb::ndim<3>, nb::c_contig, nb::device::cpu>;
template <class T>
using OneOrEach = nb::ndarray<T, nb::c_contig, nb::device::cpu>;  // what all rows share, or one for each of them
template <class T>
using Table = nb::ndarray<const T, nb::ndim<2>, nb::device::cpu>;  // rows anywhere, the numbers of a row together
template <class T, class I>
using Csr = std::tuple<Vector<const I>, Vector<const I>, Vector<const T>>;

[[noreturn]] void refuse(const std::string& text) { throw nb::value_error(text.c_str()); }

template <class T>
void check(const char* name, const Matrix<T>& array, Size rows, Size columns) {
    if (Size(array.shape(0)) != rows || Size(array.shape(1)) != columns)
        refuse(std::string(name) + " has shape (" + std::to_string(array.shape(0)) + ", " +
               std::to_string(array.shape(1)) + "), but the other arguments need (" + std::to_string(rows) + ", " +
               std::to_string(columns) + ").");
}

template <class T>
void check(const char* name, const Vector<T>& array, Size length) {
    if (Size(array.shape(0)) != length)
        refuse(std::string(name) + " has length " + std::to_string(array.shape(0)) + ", but the other arguments need " +
               std::to_string(length) + ".");
}

auto lower_bound() { return "lower"_a.noconvert().none() = nb::none(); }
auto upper_bound() { return "upper"_a.noconvert().none() = nb::none(); }

template <class T>
Bounds<T> bounds_of(const Matrix<const T>& lower, const Matrix<const T>& upper, Size rows, Size k) {
    if (lower.is_valid() != upper.is_valid()) refuse("lower and upper go together: give both, or neither.");
    if (!lower.is_valid()) return {};
    check("lower", lower, rows, k);
    check("upper", upper, rows, k);
    return {lower.data(), upper.data()};
}

std::string listed(const Size* shape, Size dimensions) {
    std::string text = "(";
    for (Size d = 0; d < dimensions; ++d) text += (d ? ", " : "") + std::to_string(shape[d]);
    return text + (dimensions == 1 ? ",)" : ")");
}

// Numbers from what belongs to one row to what belongs to the next: 0 for an array of the given shape, which all rows
// share, its size for one of the shape (rows, ...shape).
template <class T>
Size stride_of(const char* name, const OneOrEach<T>& array, Size rows, std::initializer_list<Size> shape) {
    std::vector<Size> found, each(shape);
    for (std::size_t d = 0; d < array.ndim(); ++d) found.push_back(array.shape(d));
    if (found == each) return 0;
    Size size = 1;
    for (Size length : shape) size *= length;
    each.insert(each.begin(), rows);
    if (found != each)
        refuse(std::string(name) + " has shape " + listed(found.data(), found.size()) +
               ", but the other arguments need " + listed(each.data() + 1, each.size() - 1) + " or " +
               listed(each.data(), each.size()) + ".");
    return size;
}

template <class T>
void check(const char* name, const Cube<T>& array, Size rows, Size k) {
    const Size shape[] = {Size(array.shape(0)), Size(array.shape(1)), Size(array.shape(2))}, wanted[] = {rows, k, k};
    if (shape[0] != rows || shape[1] != k || shape[2] != k)
        refuse(std::string(name) + " has shape " + listed(shape, 3) + ", but the other arguments need " +
               listed(wanted, 3) + ".");
}

template <class T>
void check(const Table<T>& X) {
    if (X.size() > 0 && X.shape(1) > 1 && X.stride(1) != 1) refuse("The numbers in a row of X must lie together; give X' instead.");
}

template <class T>
void check_model(const Table<T>& X, const Matrix<const T>& A, const Matrix<const T>& B) {
    check(X);
    check("A", A, Size(X.shape(0)), Size(B.shape(1)));
    check("B", B, Size(X.shape(1)), Size(B.shape(1)));
}

void refuse_beta(double beta, const char* known) {
    refuse("beta=" + std::to_string(beta) + " has no native kernel; use " + known + ".");
}

void check_parts(double beta, bool raised) {
    if (beta != 0 && beta != 1) refuse_beta(beta, "0 or 1");
    if (raised != (beta == 0)) refuse("pos goes with beta=0: give it there, and None with beta=1.");
}

// The ends of the range are checked; the pointers and indices between them are the caller's word.
template <class T, class I>
CsrRows<T, I> rows_of(const Csr<T, I>& csr, Size start, Size stop) {
    const auto& [indptr, indices, data] = csr;
    check("indices", indices, Size(data.shape(0)));
    if (start < 0 || stop < start || stop >= Size(indptr.shape(0)))
        refuse("start=" + std::to_string(start) + ", stop=" + std::to_string(stop) + " is no range of the " +
               std::to_string(Size(indptr.shape(0)) - 1) + " rows of X.");
    const Size low = indptr.data()[start], high = indptr.data()[stop];
    if (low < 0 || high < low || high > Size(data.shape(0)))
        refuse("indptr runs from " + std::to_string(low) + " to " + std::to_string(high) + ", but X stores " +
               std::to_string(data.shape(0)) + " entries.");
    return {indptr.data(), indices.data(), data.data(), start, stop};
}

template <class T>
void bind_dense(nb::module_& module) {
    module.def(
        "hals",
        [](const Matrix<T>& A, const Matrix<const T>& gram, const Matrix<const T>& cross, double l1, Size sweeps,
           const Vector<double>& grad2, const Vector<double>& neg2, const Vector<double>& norm2,
           const Matrix<const T>& lower, const Matrix<const T>& upper) {
            const Size m = A.shape(0), k = A.shape(1);
            const Bounds<T> bounds = bounds_of<T>(lower, upper, m, k);
            check("gram", gram, k, k);
            check("cross", cross, m, k);
            check("grad2", grad2, k);
            check("neg2", neg2, k);
            check("norm2", norm2, k);
            WithoutGil release;
            dense<T>().hals(A.data(), m, k, gram.data(), cross.data(), l1, sweeps, grad2.data(), neg2.data(),
                           norm2.data(), bounds);
        },
        "A"_a.noconvert(), "gram"_a.noconvert(), "cross"_a.noconvert(), "l1"_a, "sweeps"_a, "grad2"_a.noconvert(),
        "neg2"_a.noconvert(), "norm2"_a.noconvert(), lower_bound(), upper_bound());
    module.def(
        "hals_solve",
        [](const Matrix<T>& A, const Matrix<const T>& gram, const Matrix<const T>& cross, double l1, double tol,
           Size max_sweeps, const Vector<std::uint8_t>& converged, const Matrix<const T>& lower,
           const Matrix<const T>& upper) {
            const Size m = A.shape(0), k = A.shape(1);
            const Bounds<T> bounds = bounds_of<T>(lower, upper, m, k);
            check("gram", gram, k, k);
            check("cross", cross, m, k);
            check("converged", converged, m);
            WithoutGil release;
            dense<T>().hals_solve(A.data(), m, k, gram.data(), cross.data(), l1, tol, max_sweeps, converged.data(),
                                  bounds);
        },
        "A"_a.noconvert(), "gram"_a.noconvert(), "cross"_a.noconvert(), "l1"_a, "tol"_a, "max_sweeps"_a,
        "converged"_a.noconvert(), lower_bound(), upper_bound());
    module.def(
        "look_ahead",
        [](const Matrix<const T>& previous, const Matrix<const T>& current, double weight, double lowest,
           const Matrix<T>& out) {
            const Size m = previous.shape(0), k = previous.shape(1);
            check("current", current, m, k);
            check("out", out, m, k);
            Multiplying released;
            dense<T>().look_ahead(previous.data(), current.data(), m * k, weight, lowest, out.data());
        },
        "previous"_a.noconvert(), "current"_a.noconvert(), "weight"_a, "lowest"_a, "out"_a.noconvert());
    module.def(
        "mu",
        [](const Matrix<T>& A, const Matrix<const T>& neg, const Matrix<const T>& pos, double gamma, double l1,
           double l2, const Vector<const T>& size, const Vector<double>& grad2, const Vector<double>& neg2,
           const Matrix<const T>& lower, const Matrix<const T>& upper) {
            const Size m = A.shape(0), k = A.shape(1);
            const Bounds<T> bounds = bounds_of<T>(lower, upper, m, k);
            const bool shared = pos.shape(0) == 1;
            check("neg", neg, m, k);
            check("pos", pos, shared ? 1 : m, k);
            check("size", size, k);
            check("grad2", grad2, k);
            check("neg2", neg2, k);
            Multiplying released;
            dense<T>().mu(A.data(), m, k, neg.data(), pos.data(), shared, gamma, l1, l2, size.data(),
                          grad2.data(), neg2.data(), bounds);
        },
        "A"_a.noconvert(), "neg"_a.noconvert(), "pos"_a.noconvert(), "gamma"_a, "l1"_a, "l2"_a, "size"_a.noconvert(),
        "grad2"_a.noconvert(), "neg2"_a.noconvert(), lower_bound(), upper_bound());
    module.def(
        "pivot",
        [](const Matrix<T>& A, const OneOrEach<const double>& gram, const Matrix<const T>& cross, double l1,
           const Vector<std::uint8_t>& done, const Matrix<const T>& lower, const Matrix<const T>& upper) {
            const Size m = A.shape(0), k = A.shape(1), stride = stride_of("gram", gram, m, {k, k});
            const Bounds<T> bounds = bounds_of<T>(lower, upper, m, k);
            check("cross", cross, m, k);
            check("done", done, m);
            WithoutGil release;
            dense<T>().pivot(A.data(), m, k, gram.data(), stride, cross.data(), l1, done.data(), bounds);
        },
        "A"_a.noconvert(), "gram"_a.noconvert(), "cross"_a.noconvert(), "l1"_a, "done"_a.noconvert(), lower_bound(), upper_bound());
    module.def(
        "row_hals",
        [](const Matrix<T>& A, const Cube<const T>& grams, const Matrix<const T>& cross, double l1, Size sweeps,
           const Vector<double>& grad2, const Vector<double>& neg2, const Vector<double>& norm2,
           const Matrix<const T>& lower, const Matrix<const T>& upper) {
            const Size m = A.shape(0), k = A.shape(1);
            const Bounds<T> bounds = bounds_of<T>(lower, upper, m, k);
            check("grams", grams, m, k);
            check("cross", cross, m, k);
            check("grad2", grad2, k);
            check("neg2", neg2, k);
            check("norm2", norm2, k);
            WithoutGil release;
            dense<T>().row_hals(A.data(), m, k, grams.data(), cross.data(), l1, sweeps, grad2.data(), neg2.data(),
                                norm2.data(), bounds);
        },
        "A"_a.noconvert(), "grams"_a.noconvert(), "cross"_a.noconvert(), "l1"_a, "sweeps"_a, "grad2"_a.noconvert(),
        "neg2"_a.noconvert(), "norm2"_a.noconvert(), lower_bound(), upper_bound());
    module.def(
        "row_hals_solve",
        [](const Matrix<T>& A, const Cube<const T>& grams, const Matrix<const T>& cross, double l1, double tol,
           Size max_sweeps, const Vector<std::uint8_t>& converged, const Matrix<const T>& lower,
           const Matrix<const T>& upper) {
            const Size m = A.shape(0), k = A.shape(1);
            const Bounds<T> bounds = bounds_of<T>(lower, upper, m, k);
            check("grams", grams, m, k);
            check("cross", cross, m, k);
            check("converged", converged, m);
            WithoutGil release;
            dense<T>().row_hals_solve(A.data(), m, k, grams.data(), cross.data(), l1, tol, max_sweeps,
                                      converged.data(), bounds);
        },
        "A"_a.noconvert(), "grams"_a.noconvert(), "cross"_a.noconvert(), "l1"_a, "tol"_a, "max_sweeps"_a,
        "converged"_a.noconvert(), lower_bound(), upper_bound());
    module.def(
        "dot",
        [](const Table<T>& X, const Matrix<const T>& B, const Matrix<T>& out) {
            const Size m = X.shape(0), p = X.shape(1), k = B.shape(1);
            check(X);
            check("B", B, p, k);
            check("out", out, m, k);
            WithoutGil release;
            dense<T>().dot(X.data(), X.stride(0), m, p, B.data(), k, out.data());
        },
        "X"_a.noconvert(), "B"_a.noconvert(), "out"_a.noconvert());
    module.def(
        "t_dot_add",
        [](const Table<T>& X, const Matrix<const T>& A, const Matrix<double>& total) {
            const Size m = X.shape(0), p = X.shape(1), k = A.shape(1);
            check(X);
            check("A", A, m, k);
            check("total", total, p, k);
            WithoutGil release;
            dense<T>().t_dot_add(X.data(), X.stride(0), m, p, A.data(), k, total.data());
        },
        "X"_a.noconvert(), "A"_a.noconvert(), "total"_a.noconvert());
    module.def(
        "rows_dot",
        [](const Matrix<const T>& X, const Matrix<const T>& B, const Matrix<T>& out) {
            const Size m = X.shape(0), p = X.shape(1), k = B.shape(1);
            check("B", B, p, k);
            check("out", out, m, k);
            WithoutGil release;
            dense<T>().rows_dot(X.data(), m, p, B.data(), k, out.data());
        },
        "X"_a.noconvert(), "B"_a.noconvert(), "out"_a.noconvert());
    module.def(
        "split",
        [](const Table<T>& X, const Matrix<const T>& A, const Matrix<const T>& B, double beta, double floor,
           const Matrix<T>& neg, const Matrix<T>& pos) {
            const Size m = X.shape(0), p = X.shape(1), k = B.shape(1);
            check_model(X, A, B);
            check_parts(beta, pos.is_valid());
            check("neg", neg, m, k);
            if (pos.is_valid()) check("pos", pos, m, k);
            Multiplying released;
            dense<T>().split(X.data(), X.stride(0), m, p, A.data(), B.data(), k, beta, floor, neg.data(),
                             pos.is_valid() ? pos.data() : nullptr);
        },
        "X"_a.noconvert(), "A"_a.noconvert(), "B"_a.noconvert(), "beta"_a, "floor"_a, "neg"_a.noconvert(),
        "pos"_a.noconvert().none());
    module.def(
        "split_t_add",
        [](const Table<T>& X, const Matrix<const T>& A, const Matrix<const T>& B, double beta, double floor,
           const Matrix<double>& neg, const Matrix<double>& pos) {
            const Size m = X.shape(0), p = X.shape(1), k = B.shape(1);
            check_model(X, A, B);
            check_parts(beta, pos.is_valid());
            check("neg", neg, p, k);
            if (pos.is_valid()) check("pos", pos, p, k);
            Multiplying released;
            dense<T>().split_t_add(X.data(), X.stride(0), m, p, A.data(), B.data(), k, beta, floor, neg.data(),
                                   pos.is_valid() ? pos.data() : nullptr);
        },
        "X"_a.noconvert(), "A"_a.noconvert(), "B"_a.noconvert(), "beta"_a, "floor"_a, "neg"_a.noconvert(),
        "pos"_a.noconvert().none());
    module.def(
        "divergence",
        [](const Table<T>& X, const Matrix<const T>& A, const Matrix<const T>& B, double beta, double floor) {
            check_model(X, A, B);
            if (beta != 0 && beta != 1 && beta != 2) refuse_beta(beta, "0, 1 or 2");
            WithoutGil release;
            return dense<T>().divergence(X.data(), X.stride(0), X.shape(0), X.shape(1), A.data(), B.data(), B.shape(1),
                                         beta, floor);
        },
        "X"_a.noconvert(), "A"_a.noconvert(), "B"_a.noconvert(), "beta"_a, "floor"_a);
    module.def(
        "column_sums",
        [](const Matrix<const T>& A, const Vector<double>& total) {
            const Size m = A.shape(0), k = A.shape(1);
            check("total", total, k);
            WithoutGil release;
            dense<T>().column_sums(A.data(), m, k, total.data());
        },
        "A"_a.noconvert(), "total"_a.noconvert());
    module.def(
        "add_parts_norm2",
        [](const Matrix<const T>& A, const Vector<double>& positive, const Vector<double>& negative) {
            const Size m = A.shape(0), k = A.shape(1);
            check("positive", positive, k);
            check("negative", negative, k);
            WithoutGil release;
            dense<T>().add_parts_norm2(A.data(), m, k, positive.data(), negative.data());
        },
        "A"_a.noconvert(), "positive"_a.noconvert(), "negative"_a.noconvert());
    module.def(
        "take_parts",
        [](const Matrix<T>& A, const Vector<const T>& scale, const Vector<const T>& noise, const Vector<const T>& zero) {
            const Size m = A.shape(0), k = A.shape(1);
            check("scale", scale, k);
            check("noise", noise, k);
            check("zero", zero, k);
            WithoutGil release;
            dense<T>().take_parts(A.data(), m, k, scale.data(), noise.data(), zero.data());
        },
        "A"_a.noconvert(), "scale"_a.noconvert(), "noise"_a.noconvert(), "zero"_a.noconvert());
    module.def(
        "gram_add",
        [](const Matrix<const T>& A, const Matrix<double>& total) {
            const Size m = A.shape(0), k = A.shape(1);
            check("total", total, k, k);
            WithoutGil release;
            dense<T>().gram_add(A.data(), m, k, total.data());
        },
        "A"_a.noconvert(), "total"_a.noconvert());
    module.def(
        "quadratic_value",
        [](const Matrix<const T>& A, const Matrix<const double>& gram, const Matrix<const double>& cross) {
            const Size m = A.shape(0), k = A.shape(1);
            check("gram", gram, k, k);
            check("cross", cross, m, k);
            WithoutGil release;
            return dense<T>().quadratic_value(A.data(), m, k, gram.data(), cross.data());
        },
        "A"_a.noconvert(), "gram"_a.noconvert(), "cross"_a.noconvert());
    module.def(
        "summary",
        [](const Vector<const T>& values) {
            Summary sums;
            {
                WithoutGil release;
                sums = dense<T>().summary(values.data(), values.shape(0));
            }
            return std::make_tuple(sums.total, sums.norm2, sums.lowest, sums.largest, sums.nonzeros);
        },
        "values"_a.noconvert());
}

template <class T, class I>
void bind_sparse(nb::module_& module) {
    module.def(
        "csr_dot",
        [](const Csr<T, I>& csr, Size start, Size stop, const Matrix<const T>& B, const Matrix<T>& out) {
            const auto X = rows_of<T, I>(csr, start, stop);
            const Size k = B.shape(1);
            check("out", out, stop - start, k);
            WithoutGil release;
            sparse<T, I>().csr_dot(X, B.data(), k, out.data());
        },
        "csr"_a.noconvert(), "start"_a, "stop"_a, "B"_a.noconvert(), "out"_a.noconvert());
    module.def(
        "csr_t_dot_add",
        [](const Csr<T, I>& csr, Size start, Size stop, const Matrix<const T>& A, const Matrix<double>& total) {
            const auto X = rows_of<T, I>(csr, start, stop);
            const Size k = total.shape(1);
            check("A", A, stop - start, k);
            WithoutGil release;
            sparse<T, I>().csr_t_dot_add(X, A.data(), k, total.data());
        },
        "csr"_a.noconvert(), "start"_a, "stop"_a, "A"_a.noconvert(), "total"_a.noconvert());
    module.def(
        "csr_ratio_dot",
        [](const Csr<T, I>& csr, Size start, Size stop, const Matrix<const T>& A, const Matrix<const T>& B, double beta,
           double floor, const Matrix<T>& out) {
            const auto X = rows_of<T, I>(csr, start, stop);
            const Size k = B.shape(1);
            check("A", A, stop - start, k);
            check("out", out, stop - start, k);
            Multiplying released;
            sparse<T, I>().csr_ratio_dot(X, A.data(), B.data(), k, beta, floor, out.data());
        },
        "csr"_a.noconvert(), "start"_a, "stop"_a, "A"_a.noconvert(), "B"_a.noconvert(), "beta"_a, "floor"_a,
        "out"_a.noconvert());
    module.def(
        "csr_ratio_t_dot_add",
        [](const Csr<T, I>& csr, Size start, Size stop, const Matrix<const T>& A, const Matrix<const T>& B, double beta,
           double floor, const Matrix<double>& total) {
            const auto X = rows_of<T, I>(csr, start, stop);
            const Size k = B.shape(1);
            check("A", A, stop - start, k);
            check("total", total, B.shape(0), k);
            Multiplying released;
            sparse<T, I>().csr_ratio_t_dot_add(X, A.data(), B.data(), k, beta, floor, total.data());
        },
        "csr"_a.noconvert(), "start"_a, "stop"_a, "A"_a.noconvert(), "B"_a.noconvert(), "beta"_a, "floor"_a,
        "total"_a.noconvert());
    module.def(
        "csr_value",
        [](const Csr<T, I>& csr, Size start, Size stop, const Matrix<const T>& A, const Matrix<const T>& B, double beta,
           double floor) {
            const auto X = rows_of<T, I>(csr, start, stop);
            const Size k = B.shape(1);
            check("A", A, stop - start, k);
            WithoutGil release;
            return sparse<T, I>().csr_value(X, A.data(), B.data(), k, beta, floor);
        },
        "csr"_a.noconvert(), "start"_a, "stop"_a, "A"_a.noconvert(), "B"_a.noconvert(), "beta"_a, "floor"_a);
    module.def(
        "csr_weighted_value",
        [](const Csr<T, I>& csr, const Vector<const T>& weights, Size start, Size stop, const Matrix<const T>& A,
           const Matrix<const T>& B, double beta, double floor) {
            const auto X = rows_of<T, I>(csr, start, stop);
            const Size k = B.shape(1);
            check("weights", weights, Size(std::get<2>(csr).shape(0)));
            check("A", A, stop - start, k);
            WithoutGil release;
            return sparse<T, I>().csr_weighted_value(X, weights.data(), A.data(), B.data(), k, beta, floor);
        },
        "csr"_a.noconvert(), "weights"_a.noconvert(), "start"_a, "stop"_a, "A"_a.noconvert(), "B"_a.noconvert(),
        "beta"_a, "floor"_a);
    module.def(
        "csr_residual",
        [](const Csr<T, I>& csr, Size start, Size stop, const Matrix<const T>& A, const Matrix<const T>& B,
           const Vector<T>& out) {
            const auto X = rows_of<T, I>(csr, start, stop);
            const Size k = B.shape(1);
            check("A", A, stop - start, k);
            check("out", out, X.indptr[stop] - X.indptr[start]);
            WithoutGil release;
            sparse<T, I>().csr_residual(X, A.data(), B.data(), k, out.data());
        },
        "csr"_a.noconvert(), "start"_a, "stop"_a, "A"_a.noconvert(), "B"_a.noconvert(), "out"_a.noconvert());
    module.def(
        "row_grams",
        [](const Csr<T, I>& csr, Size start, Size stop, const Matrix<const T>& B, const Matrix<const double>& base,
           const Cube<T>& out) {
            const auto X = rows_of<T, I>(csr, start, stop);
            const Size k = B.shape(1);
            check("base", base, k, k);
            check("out", out, stop - start, k);
            WithoutGil release;
            sparse<T, I>().row_grams(X, B.data(), k, base.data(), out.data());
        },
        "csr"_a.noconvert(), "start"_a, "stop"_a, "B"_a.noconvert(), "base"_a.noconvert(), "out"_a.noconvert());
    // Coordinate descent on rows that each have a Gram matrix of their own, formed or not.
    auto descent = [&](const char* name, auto kernel) {
        module.def(
            name,
            [kernel](const Csr<T, I>& csr, Size start, Size stop, const Matrix<T>& A, const Matrix<const T>& B,
                     const Matrix<const double>& base, const Matrix<const T>& cross, double l1, Size sweeps,
                     const Vector<double>& grad2, const Vector<double>& neg2, const Vector<double>& norm2,
                     const Matrix<const T>& lower, const Matrix<const T>& upper) {
                const auto X = rows_of<T, I>(csr, start, stop);
                const Size m = stop - start, k = B.shape(1);
                const Bounds<T> bounds = bounds_of<T>(lower, upper, m, k);
                check("A", A, m, k);
                check("base", base, k, k);
                check("cross", cross, m, k);
                check("grad2", grad2, k);
                check("neg2", neg2, k);
                check("norm2", norm2, k);
                WithoutGil release;
                return (sparse<T, I>().*kernel)(X, A.data(), B.data(), k, base.data(), cross.data(), l1, sweeps,
                                                grad2.data(), neg2.data(), norm2.data(), bounds);
            },
            "csr"_a.noconvert(), "start"_a, "stop"_a, "A"_a.noconvert(), "B"_a.noconvert(), "base"_a.noconvert(),
            "cross"_a.noconvert(), "l1"_a, "sweeps"_a, "grad2"_a.noconvert(), "neg2"_a.noconvert(),
            "norm2"_a.noconvert(), lower_bound(), upper_bound());
    };
    descent("row_descend", &SparseKernels<T, I>::row_descend);
    descent("row_gram_hals", &SparseKernels<T, I>::row_gram_hals);
    module.def(
        "sgd_pass",
        [](const Csr<T, I>& csr, const Vector<const T>& weights, Size start, Size stop, const Matrix<T>& A,
           const Matrix<T>& B, double rate, double ridge, bool is_signed) {
            const auto X = rows_of<T, I>(csr, start, stop);
            const Size k = B.shape(1);
            check("weights", weights, Size(std::get<2>(csr).shape(0)));
            check("A", A, stop - start, k);
            WithoutGil release;
            sparse<T, I>().sgd_pass(X, weights.data(), A.data(), B.data(), k, rate, ridge, is_signed);
        },
        "csr"_a.noconvert(), "weights"_a.noconvert(), "start"_a, "stop"_a, "A"_a.noconvert(), "B"_a.noconvert(),
        "rate"_a, "ridge"_a, "is_signed"_a);
    module.def(
        "kl_sweep",
        [](const Csr<T, I>& csr, Size start, Size stop, const Matrix<T>& A, const Matrix<const T>& B,
           const OneOrEach<const double>& colsum, double l1, double l2, double floor, Size sweeps,
           const Vector<double>& grad2, const Vector<double>& neg2, const Matrix<const T>& lower,
           const Matrix<const T>& upper) {
            const auto X = rows_of<T, I>(csr, start, stop);
            const Size k = B.shape(1), stride = stride_of("colsum", colsum, stop - start, {k});
            const Bounds<T> bounds = bounds_of<T>(lower, upper, stop - start, k);
            check("A", A, stop - start, k);
            check("grad2", grad2, k);
            check("neg2", neg2, k);
            WithoutGil release;
            return sparse<T, I>().kl_sweep(X, A.data(), B.data(), k, colsum.data(), stride, l1, l2, floor, sweeps,
                                           grad2.data(), neg2.data(), bounds);
        },
        "csr"_a.noconvert(), "start"_a, "stop"_a, "A"_a.noconvert(), "B"_a.noconvert(), "colsum"_a, "l1"_a, "l2"_a,
        "floor"_a, "sweeps"_a, "grad2"_a.noconvert(), "neg2"_a.noconvert(), lower_bound(), upper_bound());
    module.def(
        "kl_solve",
        [](const Csr<T, I>& csr, Size start, Size stop, const Matrix<T>& A, const Matrix<const T>& B,
           const OneOrEach<const double>& colsum, double l1, double l2, double floor, double tol, Size max_sweeps,
           const Vector<std::uint8_t>& converged, const Matrix<const T>& lower, const Matrix<const T>& upper) {
            const auto X = rows_of<T, I>(csr, start, stop);
            const Size k = B.shape(1), stride = stride_of("colsum", colsum, stop - start, {k});
            const Bounds<T> bounds = bounds_of<T>(lower, upper, stop - start, k);
            check("A", A, stop - start, k);
            check("converged", converged, stop - start);
            WithoutGil release;
            sparse<T, I>().kl_solve(X, A.data(), B.data(), k, colsum.data(), stride, l1, l2, floor, tol, max_sweeps,
                                    converged.data(), bounds);
        },
        "csr"_a.noconvert(), "start"_a, "stop"_a, "A"_a.noconvert(), "B"_a.noconvert(), "colsum"_a, "l1"_a, "l2"_a,
        "floor"_a, "tol"_a, "max_sweeps"_a, "converged"_a.noconvert(), lower_bound(), upper_bound());
}

// Whether the cell, which another thread writes while it holds the GIL, is no longer what it was.
bool wait_for_change(const Vector<const std::int64_t>& cell, std::int64_t seen, double seconds) {
    check("cell", cell, 1);
    const auto* value = reinterpret_cast<const std::atomic<std::int64_t>*>(cell.data());
    WithoutGil release;
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (value->load(std::memory_order_acquire) == seen) {
        if (std::chrono::steady_clock::now() >= end) return false;
        std::this_thread::yield();
    }
    return true;
}

}  // namespace
}  // namespace partwise

NB_MODULE(_native, module) {
    using namespace partwise;
    choose_isa();
    module.doc() = "Native kernels; semantics in partwise.kernels.reference.";
    module.attr("ISA") = isa_names[isa];
    bind_dense<float>(module);
    bind_dense<double>(module);
    bind_sparse<float, std::int32_t>(module);
    bind_sparse<float, std::int64_t>(module);
    bind_sparse<double, std::int32_t>(module);
    bind_sparse<double, std::int64_t>(module);
    module.def("wait_for_change", wait_for_change, "cell"_a.noconvert(), "seen"_a, "seconds"_a);
}

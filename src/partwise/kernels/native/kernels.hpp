// The kernels of one instruction set as tables of functions: what module.cpp binds and what dense.cpp and sparse.cpp
// define, once per instruction set. Semantics: ../reference/. No shape is checked here; module.cpp does that.
#pragma once

#include <cstddef>
#include <cstdint>

namespace partwise {

using Size = std::ptrdiff_t;

// Rows start..stop of a CSR matrix; `indices` and `data` begin at the matrix, not at the range.
template <class T, class I>
struct CsrRows {
    const I* indptr;
    const I* indices;
    const T* data;
    Size start, stop;
};

// Bounds of the rows of a factor, m x k as they are, in place of 0 and infinity; null where there are none.
template <class T>
struct Bounds {
    const T *lower, *upper;
};

struct Summary {
    double total, norm2, lowest, largest;
    Size nonzeros;
};

template <class T>
struct DenseKernels {
    void (*hals)(T* A, Size m, Size k, const T* gram, const T* cross, double l1, Size sweeps, double* grad2,
                 double* neg2, double* norm2, Bounds<T> bounds);
    void (*hals_solve)(T* A, Size m, Size k, const T* gram, const T* cross, double l1, double tol, Size max_sweeps,
                       std::uint8_t* converged, Bounds<T> bounds);
    void (*look_ahead)(const T* previous, const T* current, Size count, double weight, double lowest, T* out);
    void (*mu)(T* A, Size m, Size k, const T* neg, const T* pos, bool shared_pos, double gamma, double l1, double l2, const T* size,
               double* grad2, double* neg2, Bounds<T> bounds);
    // gram_stride: numbers from the Gram matrix of a row to the next, k * k or 0
    void (*pivot)(T* A, Size m, Size k, const double* gram, Size gram_stride, const T* cross, double l1,
                  std::uint8_t* done, Bounds<T> bounds);
    void (*row_hals)(T* A, Size m, Size k, const T* grams, const T* cross, double l1, Size sweeps, double* grad2,
                     double* neg2, double* norm2, Bounds<T> bounds);
    void (*row_hals_solve)(T* A, Size m, Size k, const T* grams, const T* cross, double l1, double tol,
                           Size max_sweeps, std::uint8_t* converged, Bounds<T> bounds);
    void (*dot)(const T* X, Size stride, Size m, Size p, const T* B, Size k, T* out);
    void (*t_dot_add)(const T* X, Size stride, Size m, Size p, const T* A, Size k, double* total);
    void (*rows_dot)(const T* X, Size m, Size p, const T* B, Size k, T* out);
    // pos: null for beta = 1
    void (*split)(const T* X, Size stride, Size m, Size p, const T* A, const T* B, Size k, double beta, double floor, T* neg, T* pos);
    void (*split_t_add)(const T* X, Size stride, Size m, Size p, const T* A, const T* B, Size k, double beta, double floor,
                        double* neg, double* pos);
    double (*divergence)(const T* X, Size stride, Size m, Size p, const T* A, const T* B, Size k, double beta, double floor);
    Summary (*summary)(const T* values, Size count);
    void (*column_sums)(const T* A, Size m, Size k, double* total);
    void (*add_parts_norm2)(const T* A, Size m, Size k, double* positive, double* negative);
    void (*take_parts)(T* A, Size m, Size k, const T* scale, const T* noise, const T* zero);
    double (*quadratic_value)(const T* A, Size m, Size k, const double* gram, const double* cross);
    void (*gram_add)(const T* A, Size m, Size k, double* total);
};

template <class T, class I>
struct SparseKernels {
    void (*csr_dot)(CsrRows<T, I> X, const T* B, Size k, T* out);
    void (*csr_t_dot_add)(CsrRows<T, I> X, const T* A, Size k, double* total);
    void (*csr_ratio_dot)(CsrRows<T, I> X, const T* A, const T* B, Size k, double beta, double floor, T* out);
    void (*csr_ratio_t_dot_add)(CsrRows<T, I> X, const T* A, const T* B, Size k, double beta, double floor,
                                double* total);
    double (*csr_value)(CsrRows<T, I> X, const T* A, const T* B, Size k, double beta, double floor);
    double (*csr_weighted_value)(CsrRows<T, I> X, const T* weights, const T* A, const T* B, Size k, double beta,
                                 double floor);
    void (*csr_residual)(CsrRows<T, I> X, const T* A, const T* B, Size k, T* out);
    void (*row_grams)(CsrRows<T, I> X, const T* B, Size k, const double* base, T* out);
    double (*row_descend)(CsrRows<T, I> X, T* A, const T* B, Size k, const double* base, const T* cross, double l1,
                          Size sweeps, double* grad2, double* neg2, double* norm2, Bounds<T> bounds);
    double (*row_gram_hals)(CsrRows<T, I> X, T* A, const T* B, Size k, const double* base, const T* cross, double l1,
                            Size sweeps, double* grad2, double* neg2, double* norm2, Bounds<T> bounds);
    void (*sgd_pass)(CsrRows<T, I> X, const T* weights, T* A, T* B, Size k, double rate, double ridge, bool is_signed);
    // colsum_stride: numbers from the column sums of a row to the next, k or 0
    double (*kl_sweep)(CsrRows<T, I> X, T* A, const T* B, Size k, const double* colsum, Size colsum_stride, double l1,
                       double l2, double floor, Size sweeps, double* grad2, double* neg2, Bounds<T> bounds);
    void (*kl_solve)(CsrRows<T, I> X, T* A, const T* B, Size k, const double* colsum, Size colsum_stride, double l1,
                     double l2, double floor, double tol, Size max_sweeps, std::uint8_t* converged, Bounds<T> bounds);
};

namespace baseline {
template <class T>
DenseKernels<T> dense_kernels();
template <class T, class I>
SparseKernels<T, I> sparse_kernels();
}  // namespace baseline

namespace x86_64_v3 {
template <class T>
DenseKernels<T> dense_kernels();
template <class T, class I>
SparseKernels<T, I> sparse_kernels();
}  // namespace x86_64_v3

namespace x86_64_v4 {
template <class T>
DenseKernels<T> dense_kernels();
template <class T, class I>
SparseKernels<T, I> sparse_kernels();
}  // namespace x86_64_v4

// Throws std::bad_alloc. Defined in module.cpp: inline library code emitted by the objects for newer processors could be the
// copy that the linker keeps for everyone, so those objects use no library templates and throw nothing themselves.
[[noreturn]] void out_of_memory();

}  // namespace partwise

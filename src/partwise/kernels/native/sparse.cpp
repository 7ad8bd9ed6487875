// The kernels that walk the stored entries of a sparse X.
#include "csr.hpp"
#include "kl_solve.hpp"
#include "row_descend.hpp"
#include "row_grams.hpp"
#include "sgd.hpp"

namespace partwise {
namespace PARTWISE_ISA {

template <class T, class I>
SparseKernels<T, I> sparse_kernels() {
    return {csr_dot<T, I>,   csr_t_dot_add<T, I>,      csr_ratio_dot<T, I>, csr_ratio_t_dot_add<T, I>,
            csr_value<T, I>, csr_weighted_value<T, I>, csr_residual<T, I>,  row_grams<T, I>,
            row_descend<T, I>, sgd_pass<T, I>, kl_sweep<T, I>, kl_solve<T, I>};
}

template SparseKernels<float, std::int32_t> sparse_kernels();
template SparseKernels<float, std::int64_t> sparse_kernels();
template SparseKernels<double, std::int32_t> sparse_kernels();
template SparseKernels<double, std::int64_t> sparse_kernels();

}  // namespace PARTWISE_ISA
}  // namespace partwise

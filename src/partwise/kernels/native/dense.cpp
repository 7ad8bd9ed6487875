// The kernels that see dense rows of X, or one factor and its statistics.
#include "gram.hpp"
#include "hals.hpp"
#include "look_ahead.hpp"
#include "mu.hpp"
#include "parts.hpp"
#include "pivot.hpp"
#include "product.hpp"
#include "row_hals.hpp"
#include "rows.hpp"
#include "split.hpp"
#include "summary.hpp"
#include "value.hpp"

namespace partwise {
namespace PARTWISE_ISA {

template <class T>
DenseKernels<T> dense_kernels() {
    return {hals<T>,           hals_solve<T>, look_ahead<T>, mu<T>,       pivot<T>,  row_hals<T>,
            row_hals_solve<T>, dot<T>,        t_dot_add<T>,  rows_dot<T>, split<T>,
            split_t_add<T>,    divergence<T>, summary<T>,    column_sums<T>,
            add_parts_norm2<T>, take_parts<T>, quadratic_value<T>, gram_add<T>};
}

template DenseKernels<float> dense_kernels();
template DenseKernels<double> dense_kernels();

}  // namespace PARTWISE_ISA
}  // namespace partwise

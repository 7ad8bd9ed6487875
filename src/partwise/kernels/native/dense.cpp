// hals, hals_solve, look_ahead, mu, pivot: the kernels that see one factor and small or dense statistics.
#include "hals.hpp"
#include "look_ahead.hpp"
#include "mu.hpp"
#include "pivot.hpp"

namespace partwise {
namespace PARTWISE_ISA {

template <class T>
DenseKernels<T> dense_kernels() {
    return {hals<T>, hals_solve<T>, look_ahead<T>, mu<T>, pivot<T>};
}

template DenseKernels<float> dense_kernels();
template DenseKernels<double> dense_kernels();

}  // namespace PARTWISE_ISA
}  // namespace partwise

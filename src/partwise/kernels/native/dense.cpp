// hals, hals_solve, mu: the kernels that see one factor and small or dense statistics.
#include "hals.hpp"
#include "mu.hpp"

namespace partwise {
namespace PARTWISE_ISA {

template <class T>
DenseKernels<T> dense_kernels() {
    return {hals<T>, hals_solve<T>, mu<T>};
}

template DenseKernels<float> dense_kernels();
template DenseKernels<double> dense_kernels();

}  // namespace PARTWISE_ISA
}  // namespace partwise

#include "training/label_dropout.h"

namespace ddpm::training {

torch::Tensor drop_labels(const torch::Tensor& labels, std::int64_t no_class, double probability,
                          torch::Generator& generator) {
    const torch::Tensor draw = torch::rand(labels.sizes(), generator, torch::TensorOptions(labels.device()));
    return labels.masked_fill(draw < probability, no_class);
}

} // namespace ddpm::training

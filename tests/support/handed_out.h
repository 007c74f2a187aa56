// Pictures that are handed out batch by batch, as those of a large folder are.
#pragma once

#include "data/dataset.h"

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace ddpm::test {

class HandedOut final : public data::PictureSource {
public:
    explicit HandedOut(torch::Tensor items) : items_(std::move(items)) {}
    std::int64_t size() const override { return items_.size(0); }
    std::vector<std::int64_t> item_shape() const override { return items_.sizes().slice(1).vec(); }
    Result<torch::Tensor> fetch(const torch::Tensor& indices) override {
        if (gone) return Error{"the folder is gone", "/pictures", "bring it back"};
        foreseen += announced.defined() && torch::equal(announced, indices);
        return items_.index_select(0, indices);
    }
    void announce(const torch::Tensor& indices) override { announced = indices.clone(); }
    Replaced replaced() const override { return {}; }

    bool gone = false;
    int foreseen = 0; ///< batches that had been announced
    torch::Tensor announced;

private:
    torch::Tensor items_;
};

inline data::Dataset handed_out(const std::shared_ptr<HandedOut>& source, const data::Dataset& original) {
    data::Dataset dataset = original;
    dataset.items = torch::Tensor();
    dataset.source = source;
    return dataset;
}

} // namespace ddpm::test

#include "runtime/pictures.h"

namespace ddpm::runtime {

PictureStack to_pictures(const torch::Tensor& items) {
    const torch::Tensor bytes = items.permute({0, 2, 3, 1}).contiguous().to(torch::kCPU);
    PictureStack stack;
    stack.count = static_cast<int>(bytes.size(0));
    stack.height = static_cast<int>(bytes.size(1));
    stack.width = static_cast<int>(bytes.size(2));
    stack.channels = static_cast<int>(bytes.size(3));
    const std::uint8_t* data = bytes.data_ptr<std::uint8_t>();
    stack.bytes.assign(data, data + bytes.numel());
    return stack;
}

ItemShape shape_of(const torch::Tensor& x) {
    const auto size = [&](std::int64_t dimension) { return static_cast<int>(x.size(dimension)); };
    if (x.dim() == 2) return {size(0), 0, 0, 0};
    return {size(0), size(2), size(3), size(1)};
}

std::vector<float> to_values(const torch::Tensor& x) {
    const torch::Tensor rows = x.dim() == 4 ? x.permute({0, 2, 3, 1}) : x;
    const torch::Tensor values = rows.to(torch::kCPU, torch::kFloat32).contiguous();
    const float* data = values.data_ptr<float>();
    return {data, data + values.numel()};
}

torch::Tensor from_values(const ItemShape& shape, const std::vector<float>& values) {
    const torch::Tensor flat = torch::tensor(values, torch::kFloat32);
    if (shape.is_points()) return flat.view({shape.count, 2});
    return flat.view({shape.count, shape.height, shape.width, shape.channels})
        .permute({0, 3, 1, 2})
        .contiguous();
}

Drawable to_drawable(const torch::Tensor& x, double range) {
    const torch::NoGradGuard no_grad;
    Drawable drawable;
    if (x.dim() == 2) {
        const torch::Tensor points = x.to(torch::kCPU, torch::kFloat32).contiguous();
        const float* data = points.data_ptr<float>();
        drawable.points.xy.assign(data, data + points.numel());
        return drawable;
    }
    // Quantised on the device, so that a quarter of the bytes is copied.
    const torch::Tensor scaled =
        torch::nan_to_num(x).clamp(-range, range).add(range).mul(255 / (2 * range)).round();
    drawable.pictures = to_pictures(scaled.to(torch::kUInt8));
    return drawable;
}

} // namespace ddpm::runtime

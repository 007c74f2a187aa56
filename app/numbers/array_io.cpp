#include "numbers/array_io.h"

#include "data/array_file.h"
#include "formats/atomic_file.h"

#include <iostream>

namespace ddpm::app {

Result<torch::Tensor> read_floats(const std::string& name) {
    Result<torch::Tensor> array =
        name == "-" ? data::read_npy(std::cin, "standard input") : data::read_npy(name);
    if (!array) return array;
    return array->to(torch::kFloat32).contiguous();
}

Status write_array(const Environment& environment, const std::string& name, const torch::Tensor& array) {
    if (name == "-") {
        Status written = data::write_npy(environment.out, array, "standard output");
        environment.out.flush();
        return written;
    }
    auto file = formats::AtomicFile::create(name);
    if (!file) return file.error();
    const std::string bytes = data::npy_bytes(array);
    if (Status written = file->write(bytes.data(), bytes.size()); !written) return written;
    return file->commit();
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i)
        text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
    return text + "]";
}

bool is_array(const std::string& name) {
    return name == "-" || std::filesystem::path(name).extension() == ".npy";
}

} // namespace ddpm::app

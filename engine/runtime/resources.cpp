#include "runtime/resources.h"

namespace ddpm::runtime {

std::filesystem::path find_resources(const std::filesystem::path& wanted) {
    if (!wanted.empty()) return wanted;
    std::error_code ignored;
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", ignored);
    // Installed it is PREFIX/libexec/ddpm-lab/ddpm-lab-program.
    const std::filesystem::path prefix = program.parent_path().parent_path().parent_path();
    const std::filesystem::path installed = prefix / "share" / "ddpm-lab";
    if (std::filesystem::is_directory(installed, ignored)) return installed;
    return DDPM_SOURCE_RESOURCES;
}

} // namespace ddpm::runtime

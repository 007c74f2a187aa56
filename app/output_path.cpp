#include "output_path.h"

#include "formats/run_folder.h"

#include <fmt/format.h>

#include <system_error>
#include <unistd.h>

namespace ddpm::app {
namespace fs = std::filesystem;
namespace {

Status check_writable(const fs::path& folder) {
    std::error_code error;
    if (!fs::is_directory(folder, error))
        return Error{"it is not a folder", folder.string(), "choose another place with --out"};
    if (access(folder.c_str(), W_OK | X_OK) != 0)
        return Error{"nothing can be written into this folder", folder.string(),
                     "change its permissions or choose another place with --out"};
    return Done{};
}

} // namespace

Status check_new_run(const fs::path& folder) {
    std::error_code error;
    if (formats::is_run_folder(folder))
        return Error{"the folder already holds a run", folder.string(),
                     "add --resume to go on with it, or choose another folder with --out"};
    fs::path existing = fs::absolute(folder, error).lexically_normal();
    while (!fs::exists(fs::symlink_status(existing, error)) && existing.has_parent_path() &&
           existing != existing.parent_path())
        existing = existing.parent_path();
    return check_writable(existing);
}

Status check_output_file(const fs::path& file, const std::string& extension) {
    std::error_code error;
    if (fs::is_directory(file, error))
        return Error{"it is a folder", file.string(), fmt::format("name a file that ends in {}", extension)};
    if (file.extension() != extension)
        return Error{fmt::format("the name does not end in {}", extension), file.string(),
                     fmt::format("call it {}", fs::path(file).replace_extension(extension).string())};
    const fs::path parent = fs::absolute(file, error).parent_path();
    if (!fs::exists(parent, error))
        return Error{"this folder does not exist", parent.string(),
                     "make it first, or choose another place with --out"};
    return check_writable(parent);
}

Status check_new_folder(const fs::path& folder) {
    std::error_code error;
    if (fs::exists(folder, error) && !(fs::is_directory(folder, error) && fs::is_empty(folder, error)))
        return Error{"there is something of that name", folder.string(), "name a new folder with --out"};
    const fs::path parent = fs::absolute(folder, error).parent_path();
    if (!fs::exists(parent, error))
        return Error{"this folder does not exist", parent.string(),
                     "make it first, or choose another place with --out"};
    return check_writable(parent);
}

} // namespace ddpm::app

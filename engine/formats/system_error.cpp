#include "formats/system_error.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace ddpm::formats {

Error system_error(int code, const std::filesystem::path& where, const std::string& action) {
    const auto error = [&](const char* reason, const char* remedy) {
        return Error{fmt::format("could not {}: {}", action, reason), where.string(), remedy};
    };
    switch (code) {
    case ENOSPC:
    case EDQUOT:
        return error("the disk is full", "free some space, then try again");
    case EROFS:
        return error("the disk is read-only", "choose a folder on another disk");
    case EACCES:
    case EPERM:
        return error("permission denied", "choose another folder or change the permissions");
    case ENOENT:
        return error("it does not exist", "check the path; a folder may have been moved or removed");
    case ENOTDIR:
        return error("a part of the path is a file, not a folder", "choose another path");
    case EISDIR:
        return error("it is a folder", "choose a file name");
    case EEXIST:
    case ENOTEMPTY:
        return error("it already exists", "choose another name");
    case ENAMETOOLONG:
        return error("the name is too long", "choose a shorter name");
    case EMFILE:
    case ENFILE:
        return error("too many files are open", "close other programs, then try again");
    case EFBIG:
        return error("it is too large for this disk's file system", "choose a folder on another disk");
    case EIO:
        return error("the disk reports an error", "check the disk, and save to another one");
    default:
        return {fmt::format("could not {}: {}", action, std::generic_category().message(code)),
                where.string(), "check the path and the disk, then try again"};
    }
}

} // namespace ddpm::formats

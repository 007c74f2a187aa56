// Starts the program with patient tensor workers. OpenMP's threads spin while they wait for one another; with
// a window or anything else beside them on a machine with few cores that takes the time from the thread that
// is waited for: training was measured three to seven times slower. OpenMP reads the setting when it is
// loaded, before main(), and the tensor library takes long to load, so that the setting is made here, where
// neither is linked.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <unistd.h>

namespace {

constexpr const char* program = "ddpm-lab-program";

/// In the build folder the program lies beside this one, installed in libexec.
std::filesystem::path find_program() {
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    const auto installed = self.parent_path() / "libexec" / "ddpm-lab" / program;
    return std::filesystem::exists(installed, error) ? installed : self / program;
}

} // namespace

int main(int, char** argv) {
    // What the user has set stays; without these the program is only slower. GNU's OpenMP may wait awake for
    // some microseconds: never doing so made small nets 1.2 times slower in training and 1.7 times in
    // sampling.
    setenv("OMP_WAIT_POLICY", "PASSIVE", 0);
    setenv("GOMP_SPINCOUNT", "3000", 0);
    const std::filesystem::path path = find_program();
    execv(path.c_str(), argv);
    std::fprintf(stderr, "ddpm-lab: %s: %s. Remedy: build or install it again\n", path.c_str(),
                 std::strerror(errno));
    return 1;
}

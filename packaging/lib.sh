# Shared by packaging/run and packaging/test: install what is missing, configure, build. Sourced by bash, never run.
# The caller sets `root` to the source folder; LIBTORCH may name an upstream LibTorch.

say() { printf '%s\n' "$*" >&2; }
fail() { say "$1"; exit "${2:-1}"; }

# An upstream LibTorch is the unpacked archive, or the torch package of a Python installation: both hold share/cmake.
resolve_libtorch() {
    if [ -z "${LIBTORCH:-}" ]; then
        build="$root/build/release"
        return
    fi
    local candidate
    for candidate in "$LIBTORCH" "$LIBTORCH/torch" "$LIBTORCH/libtorch"; do
        if [ -f "$candidate/share/cmake/Torch/TorchConfig.cmake" ]; then
            LIBTORCH="$(cd "$candidate" && pwd)"
            export LIBTORCH
            build="$root/build/release-libtorch"
            return
        fi
    done
    fail "LIBTORCH=$LIBTORCH holds no share/cmake/Torch/TorchConfig.cmake: give the unpacked libtorch folder, or the torch folder of a Python installation." 3
}

wanted_packages() {
    local package
    grep -E -v '^[[:space:]]*(#|$)' "$root/packaging/dependencies" | while read -r package; do
        if [ -n "${LIBTORCH:-}" ] && [[ "$package" == *torch* ]]; then continue; fi
        printf '%s\n' "$package"
    done
}

# Sets `missing` to the wanted packages that are not installed.
find_missing_packages() {
    local installed package
    local -a wanted=()
    missing=()
    mapfile -t wanted < <(wanted_packages)
    # One question for all; dpkg-query fails when it does not know a name, which is an answer here. Names of
    # multi-architecture packages may come with the architecture, hence binary:Package is cut at the colon.
    installed="$(dpkg-query -W -f='${db:Status-Status} ${binary:Package}\n' "${wanted[@]}" 2>/dev/null \
        | sed -n 's/^installed \([^:]*\).*/\1/p' || true)"
    for package in "${wanted[@]}"; do
        grep -qxF -- "$package" <<<"$installed" || missing+=("$package")
    done
}

install_missing_packages() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        fail "This system has no apt, so nothing can be installed here: DDPM Lab needs g++ 12, CMake 3.25, Ninja, LibTorch 1.13, OpenCV 4, nlohmann-json, fmt, zlib, Qt 6.4 (base, svg) and QCustomPlot for Qt 6; with these in place build it by 'cmake --preset release && cmake --build --preset release'." 3
    fi
    find_missing_packages
    [ "${#missing[@]}" -gt 0 ] || return 0

    local -a become=()
    local command="apt-get install ${missing[*]}"
    if [ "$(id -u)" -ne 0 ]; then
        if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
            become=(sudo)
        else
            fail "Missing: ${missing[*]}. Installing needs root: run 'sudo $command', then this again." 3
        fi
    fi
    say "Installing ${#missing[@]} Debian packages: ${missing[*]}"
    # Progress goes to stderr: stdout belongs to the program that is started afterwards.
    "${become[@]}" apt-get update >&2 \
        || fail "The package lists cannot be fetched (no network?). Run 'apt-get update' as root to see why." 3
    "${become[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >&2 \
        || fail "Not all packages could be installed (they are those of Debian 12). Run '$command' as root to see why." 3
}

# With `sudo packaging/run` only the installing needs root: the build and the program belong to the person who asked.
leave_root() {
    if [ "$(id -u)" -ne 0 ] || [ "${SUDO_UID:-0}" = 0 ] || [ "$(stat -c %u "$root")" != "$SUDO_UID" ]; then
        return 0
    fi
    exec sudo -u "#$SUDO_UID" -H \
        --preserve-env=DISPLAY,WAYLAND_DISPLAY,XAUTHORITY,XDG_RUNTIME_DIR,QT_QPA_PLATFORM,LIBTORCH,LANG \
        -- "$@"
}

# Each compiler that reads torch's headers takes about 1.5 GB: as many at once as fit, one at least.
build_jobs() {
    local cores kib limit jobs
    cores="$(nproc)"
    kib="$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)"
    limit="$(cat /sys/fs/cgroup/memory.max 2>/dev/null || true)"
    if [[ "$limit" =~ ^[0-9]+$ ]] && [ "$((limit / 1024))" -lt "$kib" ]; then kib="$((limit / 1024))"; fi
    jobs="$((kib / 1500000))"
    if [ "$jobs" -gt "$cores" ]; then jobs="$cores"; fi
    if [ "$jobs" -lt 1 ]; then jobs=1; fi
    printf '%s\n' "$jobs"
}

configure() {
    mkdir -p "$build" 2>/dev/null && [ -w "$build" ] \
        || fail "$build cannot be written: give it back with 'sudo chown -R $(id -un) \"$root/build\"', or remove it." 4
    local stamp="$build/configured-for" identity="$root|${LIBTORCH:-}"
    # Ninja runs CMake again by itself when a CMake file changed; a moved source folder or another LibTorch needs a
    # fresh start.
    if [ -f "$build/build.ninja" ] && [ "$(cat "$stamp" 2>/dev/null || true)" = "$identity" ]; then return 0; fi
    say "Configuring in $build"
    (cd "$root" && cmake --fresh --preset release -B "$build" >&2) || fail "Configuring failed: the reason is above."
    printf '%s\n' "$identity" >"$stamp"
}

# build_target [target]: everything without an argument.
build_target() {
    local jobs
    jobs="$(build_jobs)"
    if [ ! -x "$build/app/ddpm-lab" ]; then say "Building with $jobs compiler(s) at once; the first time takes some minutes"; fi
    cmake --build "$build" --parallel "$jobs" ${1:+--target "$1"} >&2 || fail "Building failed: the reason is above."
}
